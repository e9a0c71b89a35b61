// All sequences with one query and one largest token, position by position (SOUNDNESS T1).
#pragma once

#include <cstdint>
#include <vector>

#include "certify/strategies/brute_force/pair_counts.hpp"
#include "certify/strategies/brute_force/token_sets.hpp"
#include "certify/strategies/brute_force/walk.hpp"
#include "certify/strategies/terms/query_tables.hpp"

namespace maxcert {

/// Sums of the terms of some outputs, as ends of enclosures: upper, and negated lower.
struct OutputSums {
    std::vector<std::uint32_t> output;  ///< indices into the outputs of the subtree
    std::vector<double> upper, negated_lower;
    void clear() { output.clear(), upper.clear(), negated_lower.clear(); }
    void push(std::uint32_t k, double u, double n) {
        output.push_back(k), upper.push_back(u), negated_lower.push_back(n);
    }
};

/// Reusable: its buffers grow to what the largest subtree needs.
class Subtree {
  public:
    Subtree(const RoundUpward&, const WalkRequest& request, const Kernels& kernels, std::size_t d_vocab,
            std::size_t n_ctx);

    /// Rules on every sequence with the query and margin (at index `margin`) of `tables` and largest token m,
    /// of which only `outputs` can win. False if it ended early: what was counted stays valid.
    bool walk(const QueryTables& tables, std::size_t m, std::size_t margin,
              const std::vector<std::uint32_t>& outputs, WalkCounts& counts);

    /// Number of sequences with one query and largest token m; seen: the query is m.
    std::uint64_t sequences(std::size_t m, bool seen) const;

  private:
    /// Buffers of one depth.
    struct Level {
        OutputSums sums;
        std::vector<const double*> upper, negated_lower;
        std::vector<double> upper_start, negated_start, worst, surest;
    };

    /// A position to fill: with tokens 0..tokens-1; completions: ways to fill the places after it.
    struct Place {
        std::size_t position, tokens;
        std::uint64_t completions;
    };

    /// Of one output at the last two places, and at the last. Made once they would have been of use often.
    struct LastPlaces {
        std::size_t pairs_asked = 0, tokens_asked = 0;
        PairCounts pairs;       ///< of upper ends
        double pair_width = 0;  ///< at least what any of them is above the lower end
        TokenSets tokens;
    };

    /// Of each column: over the tokens below m, and over m too; [position][output].
    struct Largest {
        std::vector<double> below, with_m;
    };

    bool fill_columns(const QueryTables& tables);
    void find_largest();
    void lay_out(std::size_t first);
    void walk_part(std::size_t first);
    void visit(std::size_t d);
    void sweep(std::size_t d);
    void settle(std::size_t d, std::size_t t);
    void count_last(std::size_t d);
    void rule_on_sequence(std::size_t d, std::size_t t);
    void descend(std::size_t d, std::size_t t);
    void round_columns();
    void prepare_coarse(std::size_t d);
    void sweep_last_coarsely(std::size_t d, std::size_t t);
    bool count_pairs(std::size_t d);
    bool prepare_token_sets(std::size_t d);
    void rule_by_token_sets(std::size_t d, std::size_t t);
    void ask_referee(const std::vector<std::uint32_t>& outputs);
    void hand_over(std::size_t i, bool seen);
    bool stop();

    const double* column(End end, std::size_t i, std::size_t k) const {
        return columns_[end].data() + (i * outputs_.size() + k) * stride_;
    }
    /// Bounds on what places >= d can still add to output k.
    double& rest(End end, std::size_t d, std::size_t k) { return rests_[end][d * outputs_.size() + k]; }

    const WalkRequest& request_;
    const Kernels& kernels_;
    std::size_t free_;    ///< positions before the query
    std::size_t stride_;  ///< padded d_vocab
    std::size_t m_ = 0, margin_ = 0;
    std::uint64_t visits_ = 0;
    bool stopped_ = false;
    WalkCounts* counts_ = nullptr;
    std::vector<std::uint32_t> outputs_, tokens_, open_outputs_;
    Ends<std::vector<double>> columns_;  // [position][output][token]
    Ends<Largest> largest_;
    Ends<std::vector<double>> rests_;  // [place][output]
    std::vector<Place> order_;
    OutputSums own_;  ///< of the query's own position
    std::vector<Level> levels_;
    std::vector<LastPlaces> last_places_;  // by output
    std::vector<OpenOutput> open_sets_;
    bool token_sets_ = false;                  ///< of all outputs of the node with two places left
    bool coarse_ = false;                      ///< enough outputs, small enough for floats
    Ends<std::vector<float>> coarse_columns_;  // [position][output][token]: columns_ rounded up
    std::vector<float> coarse_most_;           // of as many upper ends each as rows are padded to
    std::vector<CoarseOutput> coarse_outputs_;
    std::vector<float> coarse_worst_, coarse_surest_;
};

}  // namespace maxcert
