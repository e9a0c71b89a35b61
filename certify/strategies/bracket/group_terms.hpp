// The sequences with one query q and one largest token m, as sums of independent terms (SOUNDNESS T0).
#pragma once

#include <cstdint>
#include <vector>

#include "certify/proof/checker.hpp"
#include "certify/strategies/bracket/fillings.hpp"
#include "certify/strategies/terms/query_tables.hpp"

namespace maxcert {

/// The positions before the query, and the tokens 0..m that may stand there; m must, unless the query is m.
struct Group {
    std::uint32_t q = 0, m = 0;
    std::size_t positions = 0;

    std::size_t tokens() const { return std::size_t{m} + 1; }
    bool seen() const { return q == m; }
    Fillings fillings() const {
        return {tokens(), positions, seen() ? std::vector<std::size_t>{} : std::vector<std::size_t>{m}};
    }
    /// Number of sequences.
    Count size() const { return fillings_with(tokens(), seen() ? 0 : 1, positions); }
};

/// "constant + Σ_i term(t_i, i) >= 0": enclosures of every term.
struct Event {
    std::vector<double> upper, lower;  ///< [position * tokens + token]
    double constant_upper = 0, constant_lower = 0;
};

/// Implied by a and implied by b (where either happens, so does this); and: implies both.
Event either(const Event& a, const Event& b);
Event both(const Event& a, const Event& b);

/// Of each output that may win in some sequence of the group the event that it wins.
struct GroupTerms {
    Group group;
    std::vector<std::uint32_t> outputs;
    std::vector<Event> wins;
    bool known = false;      ///< false: a table is not finite, and nothing is known of the group
    std::uint64_t work = 0;  ///< floating operations spent on this group's terms
};

/// Whether a happens only where b does, seen term by term.
bool dominated(const Event& a, const Event& b);

/// Whether the sum can reach 0 in some filling, by its upper ends.
bool possible(const RoundUpward&, const Fillings& fillings, const Event& event);

/// Floating operations of one query's tables, which its groups share: exponentials, attention weights, and
/// every (token, position, output) entry.
std::uint64_t query_table_flops(const Shape& shape);

/// Leaves out events, and their outputs, that happen only where another one does. `work` grows by the
/// operations spent.
void prune_dominated(std::vector<Event>& events, std::vector<std::uint32_t>& outputs, std::uint64_t& work);

/// Makes the terms of every group with one query.
class QueryGroups {
  public:
    QueryGroups(const RoundUpward& up, const Paths<Interval>& paths, const SplitPaths& split,
                const Interval& margin, std::uint32_t q)
        : up_(up),
          tables_(up, paths, split, q, *available_kernels().front()),
          positions_(paths.PVOU.rows() - 1),
          d_vocab_(paths.EU.rows()) {
        tables_.set_margin(margin);
    }

    /// Outputs whose win implies another's are left out where `prune`.
    GroupTerms terms(std::uint32_t m, bool prune);

  private:
    const RoundUpward& up_;
    QueryTables tables_;
    std::size_t positions_, d_vocab_;
    std::vector<float> bounds_;
    std::vector<double> column_;
};

}  // namespace maxcert
