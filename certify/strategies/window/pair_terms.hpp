// What a window proof claims, and what it knows of each (query, maximum) pair: upper bounds of g by block and
// class (SOUNDNESS T5c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/number.hpp"
#include "certify/strategies/window/attention_ranges.hpp"
#include "certify/strategies/window/output_classes.hpp"
#include "certify/strategies/window/plan.hpp"
#include "certify/strategies/window/row_maxima.hpp"

namespace maxcert {

/// [blocks, classes]: max over the tokens of each block of the class bound.
template <class N>
Matrix<N> bound_blocks(const ClassBounds<N>& bounds, const std::vector<Block>& blocks) {
    Matrix<N> result(blocks.size(), bounds.classes.size());
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        for (std::size_t c = 0; c < bounds.classes.size(); ++c) {
            if (blocks[b].first == 0) {
                result(b, c) = bounds.upto(blocks[b].last, c);
                continue;
            }
            result(b, c) = bounds.token(blocks[b].first, c);
            for (std::size_t t = blocks[b].first + 1; t <= blocks[b].last; ++t) {
                result(b, c) = max(result(b, c), bounds.token(t, c));
            }
        }
    }
    return result;
}

/// Upper bounds of g for one pair: a sequence with n_b tokens in block b loses to no output of class c if
/// query[c] + Σ n_b gain(b, c) < 0.
template <class N>
struct PairTerms {
    std::vector<Block> blocks;
    std::vector<N> query;
    Matrix<N> gain;         ///< [blocks, classes]
    Matrix<N> most, least;  ///< [blocks, classes]: max and min of gain over the blocks b and further down
};

/// The larger end of weight * bracket for a weight in [lower, upper], both >= 0.
template <class N>
N weigh(const N& lower, const N& upper, const N& bracket) {
    return max(lower * bracket, upper * bracket);
}

template <class N>
PairTerms<N> pair_terms(std::size_t q, const std::vector<Block>& blocks, const Matrix<N>& block_bounds,
                        const ClassBounds<N>& bounds, const AttentionRanges<N>& attention) {
    const std::size_t B = blocks.size(), C = bounds.classes.size();
    PairTerms<N> terms{blocks, std::vector<N>(C), Matrix<N>(B, C), {}, {}};
    for (std::size_t c = 0; c < C; ++c) {
        const N& bracket = bounds.query(q, c);
        const bool exact = attention.query_upper.empty();
        terms.query[c] = exact ? bracket : max(bracket, attention.query_upper[q] * bracket);
    }
    for (std::size_t b = 0; b < B; ++b) {
        const Block block = blocks[b];
        N lower = attention.lower_up_to(q, block.last), upper = attention.upper_up_to(q, block.last);
        if (block.first > 0) {
            lower = attention.lower(q, block.first), upper = attention.upper(q, block.first);
            for (std::size_t t = block.first + 1; t <= block.last; ++t) {
                lower = min(lower, attention.lower(q, t));
                upper = max(upper, attention.upper(q, t));
            }
        }
        for (std::size_t c = 0; c < C; ++c) {
            terms.gain(b, c) = weigh(lower, upper, bounds.direct(q, c) + block_bounds(b, c));
        }
    }
    terms.most = terms.least = terms.gain;
    for (std::size_t b = B - 1; b-- > 0;) {
        for (std::size_t c = 0; c < C; ++c) {
            terms.most(b, c) = max(terms.most(b + 1, c), terms.gain(b, c));
            terms.least(b, c) = min(terms.least(b + 1, c), terms.gain(b, c));
        }
    }
    return terms;
}

/// What a window proof claims: any plan and any directions are sound.
struct WindowClaim {
    QkError error = QkError::exact_EQKE;
    ScoreHints score;
    WindowPlan plan;
};

/// All that the pairs of a model share in one number type; lives as long as the model.
template <class N>
struct WindowView {
    const OutputTables<N>& outputs;
    const AttentionRanges<N>& attention;
    N margin;
};

template <class N>
WindowView<N> window_view(TableCache<N>& bench, const WindowClaim& claim, const Margin& margin) {
    const WeightMatrices<N>& w = weights_of(bench);
    const Matrix<N>& EU = direct_of(bench);
    const Matrix<N>& EVOU = evou_of(bench);
    const Matrix<N>& PVOU =
        bench.template table<Matrix<N>>("window/PVOU", [&] { return ((w.W_pos * w.W_V) * w.W_O) * w.W_U; });
    const auto& outputs = bench.template table<OutputTables<N>>(
        "window/outputs", [&] { return OutputTables<N>(EU, EVOU, PVOU); });
    return {outputs, attention_of(bench, claim.error, claim.score), margin.enclose<N>()};
}

/// The terms of the chosen pairs with maximum m, one after the other: visit(q, terms).
template <class N, class Visit>
void for_each_pair(const WindowView<N>& view, const WindowPlan& plan, std::size_t m, Visit&& visit) {
    const ClassBounds<N> bounds = bound_classes(view.outputs, m, plan.outputs, view.margin);
    struct Prepared {
        std::vector<Block> blocks;
        Matrix<N> bounds;
    };
    std::map<std::uint8_t, Prepared> prepared;
    for (std::size_t q = 0; q <= m; ++q) {
        const std::uint8_t choice = plan.choice[pair_index(q, m)];
        if (choice == 0) continue;
        auto at = prepared.find(choice);
        if (at == prepared.end()) {
            std::vector<Block> blocks = blocks_of(plan.partitions[choice - 1u], m);
            Matrix<N> block_bounds = bound_blocks(bounds, blocks);
            at = prepared.emplace(choice, Prepared{std::move(blocks), std::move(block_bounds)}).first;
        }
        visit(q, pair_terms(q, at->second.blocks, at->second.bounds, bounds, view.attention));
    }
}

}  // namespace maxcert
