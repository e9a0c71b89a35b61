// The sequences with one query q and one largest token m, as sums of independent terms (SOUNDNESS T0).
#pragma once

#include <cstdint>
#include <vector>

#include "certify/model/margin.hpp"
#include "certify/strategies/bracket/fillings.hpp"
#include "certify/strategies/terms/attention.hpp"

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
    std::uint32_t output = 0;  ///< that wins then
};

/// Of each output that may win in some sequence of the group the event that it wins.
struct GroupTerms {
    Group group;
    std::vector<Event> wins;
    bool known = false;      ///< false: a table has an entry beyond 1e140, and nothing is known of the group
    std::uint64_t work = 0;  ///< floating operations spent on this group's terms
};

/// Whether a happens only where b does, seen term by term.
bool dominated(const Event& a, const Event& b);

/// At least the largest sum that a filling can have, but for the rounding mode in force.
double largest_sum(const Fillings& fillings, const std::vector<double>& terms, double constant);

/// Whether the sum can reach 0 in some filling, by its upper ends.
bool possible(const RoundUpward&, const Fillings& fillings, const Event& event);

/// Floating operations of one query's attention weights, which its groups share.
std::uint64_t query_table_flops(const Shape& shape);

/// Leaves out events that happen only where another one does. `work` grows by the operations spent.
void prune_dominated(std::vector<Event>& events, std::uint64_t& work);

/// What the terms of all groups are made from.
template <class N>
struct GroupTables {
    GroupTables(const RoundUpward&, const Paths<N>& paths, const Margin& margin);

    const Paths<N>& paths;
    N margin;
    Matrix<double> EVOU;  ///< upper ends, padded to whole lanes
    bool known;           ///< no entry is too large to compute with
};

/// Makes the terms of every group with one query, from paths in Interval or MpfrInterval (at the precision of
/// the thread that made it); finished terms are rounded outward to doubles.
template <class N>
class QueryGroups {
  public:
    QueryGroups(const RoundUpward& up, const GroupTables<N>& tables, std::uint32_t q);

    /// Outputs that cannot win, or only where another one does, are left out.
    GroupTerms terms(std::uint32_t m) const;

  private:
    /// All outputs but those that a bound over all positions at once shows not to win. Many outputs are
    /// looked at side by side, which costs a fraction of their terms.
    std::vector<std::uint32_t> candidates(const Group& group) const;

    const RoundUpward& up_;
    const GroupTables<N>& tables_;
    const Paths<N>& paths_;
    std::uint32_t q_;
    Matrix<N> attention_;             // [position, token]
    std::vector<Interval> anywhere_;  // by token, over the positions before the query
    Matrix<double> fixed_;            // upper ends, padded: what query and position add to each output
    bool known_;                      // no entry is too large to compute with
};

}  // namespace maxcert
