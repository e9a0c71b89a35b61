// A walk of the sequences with one query and one largest token (SOUNDNESS T1) for groups of short sequences
// in which many outputs can win: in floats, all outputs side by side. Floats decide nearly every sequence;
// the rest is decided in double intervals, one after the other. Ablated models need it; no certificate does.
#pragma once

#include <cstdint>
#include <vector>

#include "certify/strategies/brute_force/walk.hpp"
#include "certify/strategies/terms/query_tables.hpp"

namespace maxcert {

class CoarseWalk : public GroupWalk {
  public:
    /// `exchangeable`: every position has the same attention, so that the order of the tokens before the
    /// query does not matter.
    CoarseWalk(std::size_t d_vocab, std::size_t n_ctx, bool exchangeable, const Deadline& deadline);

    /// Needs RoundUpward in force, as walk() does.
    bool takes(const QueryTables& tables, std::size_t m, const std::vector<std::uint32_t>& outputs) override;
    /// Sequences that double intervals leave open are counted as open.
    bool walk(WalkCounts& counts) override;

  private:
    /// A position to fill: with tokens 0..tokens-1; completions: ways to fill the places after it.
    struct Place {
        std::size_t position, tokens;
        std::uint64_t completions;
    };
    /// By end, [output]: -infinity or infinity for the outputs that cannot win, so that they decide nothing.
    using Sums = Ends<std::vector<float>>;

    void find_largest();
    void lay_out(std::size_t first);
    void start();
    void bound_rests();
    void walk_part(std::size_t first);
    void visit(std::size_t d);
    void walk_sorted(bool seen);
    void visit_sorted(std::size_t d, bool m_needed, std::uint64_t orders, std::uint64_t run);
    void sweep_last(std::size_t d, std::uint64_t orders = 1, std::uint64_t orders_of_top = 1);
    void choose_likely(const Sums& sums, std::size_t position);
    const float* likely_row(std::size_t position, std::uint32_t x);
    void add(const Sums& from, std::size_t position, std::size_t t, Sums& to) const;
    bool settled(std::size_t d, std::uint64_t completions);
    const float* sums_at_last(End end, std::size_t d);
    template <class Settled>
    void drop_settled(const float* sums, Settled settled);
    void rule_on_sequence(std::uint64_t orders);
    bool stop();

    const float* row(End end, std::size_t position, std::size_t t) const {
        return tables_->row(end, position, t);
    }
    float shift(End end, std::size_t position, std::size_t t) const {
        return shift_[end][position * stride_ + t];
    }

    const bool exchangeable_;
    const Deadline deadline_;
    std::size_t free_;    ///< positions before the query
    std::size_t stride_;  ///< padded d_vocab
    const QueryTables* tables_ = nullptr;
    std::size_t m_ = 0;
    std::vector<std::uint32_t> outputs_;
    std::uint64_t visits_ = 0;
    bool stopped_ = false;
    WalkCounts* counts_ = nullptr;
    std::vector<std::uint32_t> tokens_;
    Ends<std::vector<float>> shift_;           // [position][token], to add to the rows of tables_
    Ends<std::vector<float>> below_, with_m_;  // [position][output]: the largest terms of tokens < m, <= m
    std::vector<Place> places_;
    std::vector<Sums> sums_, rests_;  // by depth: of the places before it, from it on at most
    std::vector<float> columns_;      // [position][output][token]: negated lower ends, where known
    std::vector<char> column_known_;  // [position][output]
    std::vector<double> column_;
    std::vector<std::uint32_t> likely_;  // outputs that are tried first at the last place
    std::vector<const float*> likely_rows_;
    std::vector<float> likely_start_;
    std::vector<std::uint32_t> left_;  // last tokens that are still to be decided
    std::vector<float> left_sums_;
};

}  // namespace maxcert
