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
#include "certify/model/margin.hpp"
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
/// query[c] + Σ n_b gain(b, c) < 0. Classes that no sequence of the pair can lose to are left out.
template <class N>
struct PairTerms {
    std::vector<Block> blocks;
    std::vector<N> query;
    Matrix<N> gain;      ///< [blocks, classes]
    Matrix<N> most;      ///< [blocks, classes]: max of gain over the blocks b and further down
    Matrix<char> falls;  ///< [blocks - 1, classes]: 1 if gain(b, c) is certainly at most most(b + 1, c)
    std::uint64_t operations = 0;   ///< that the terms took; how many depends on the classes left out
    std::vector<std::size_t> open;  ///< the classes that were not left out, among all of their bounds
};

/// The larger end of weight * bracket for a weight in [lower, upper], both >= 0. A bracket of unknown sign
/// may be negative: then lower * bracket lies between upper * bracket and 0, which the enclosure of upper *
/// bracket holds.
template <class N>
N weigh(const N& lower, const N& upper, const N& bracket) {
    return certainly_negative(bracket) ? lower * bracket : upper * bracket;
}

/// The query's own terms of the classes that stay, and which those are: one is left out if it stays below 0
/// with every other position at the largest weight and the largest bracket of all tokens up to m.
template <class N>
void find_open_classes(std::size_t q, std::size_t m, std::size_t positions, const ClassBounds<N>& bounds,
                       const AttentionRanges<N>& attention, PairTerms<N>& terms) {
    const bool exact = attention.query_upper.empty();
    checkpoint(8 * bounds.classes.size());
    terms.open.clear(), terms.query.clear();
    const N others = integer<N>(static_cast<long>(positions));
    const N lower = others * -attention.negated_lower.over(q, 0, m, terms.operations),
            upper = others * attention.upper.over(q, 0, m, terms.operations);
    terms.operations += 2;
    for (std::size_t c = 0; c < bounds.classes.size(); ++c) {
        const N& bracket = bounds.query(q, c);
        const N query = exact ? bracket : max(bracket, attention.query_upper[q] * bracket);
        terms.operations += exact ? 5 : 7;
        if (certainly_negative(query + weigh(lower, upper, bounds.direct(q, c) + bounds.upto(m, c))))
            continue;
        terms.open.push_back(c);
        terms.query.push_back(query);
    }
}

/// Fills `terms`, whose storage is used again.
template <class N>
void find_pair_terms(std::size_t q, std::size_t positions, const std::vector<Block>& blocks,
                     const Matrix<N>& block_bounds, const ClassBounds<N>& bounds,
                     const AttentionRanges<N>& attention, PairTerms<N>& terms) {
    terms.blocks = blocks;
    terms.operations = 0;
    find_open_classes(q, blocks[0].last, positions, bounds, attention, terms);
    const std::vector<std::size_t>& open = terms.open;
    const std::size_t B = blocks.size(), C = open.size();
    checkpoint(8 * B * C);
    terms.gain.reshape(B, C);
    for (std::size_t b = 0; b < B && C > 0; ++b) {
        const Block block = blocks[b];
        const N lower = -attention.negated_lower.over(q, block.first, block.last, terms.operations),
                upper = attention.upper.over(q, block.first, block.last, terms.operations);
        for (std::size_t c = 0; c < C; ++c) {
            terms.gain(b, c) = weigh(lower, upper, bounds.direct(q, open[c]) + block_bounds(b, open[c]));
        }
    }
    terms.most = terms.gain;
    terms.falls.reshape(B - 1, C);
    terms.operations += C * (3 * B + (B - 1));
    for (std::size_t b = B - 1; b-- > 0;) {
        for (std::size_t c = 0; c < C; ++c) {
            const N &here = terms.gain(b, c), &further = terms.most(b + 1, c);
            const bool falls = certainly_at_most(here, further);
            terms.falls(b, c) = falls ? 1 : 0;
            if (!falls) ++terms.operations;
            terms.most(b, c) = falls ? further : max(further, here);
        }
    }
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

/// What the pairs with maximum m share.
template <class N>
struct MaximumTerms {
    struct Blocks {
        std::vector<Block> blocks;
        Matrix<N> bounds;  ///< as bound_blocks() says
    };
    ClassBounds<N> bounds;
    std::map<std::uint8_t, Blocks> by_choice;  ///< for every partition that a pair chooses
};

template <class N>
MaximumTerms<N> maximum_terms(const WindowView<N>& view, const WindowPlan& plan, std::size_t m) {
    MaximumTerms<N> terms;
    for (std::size_t q = 0; q <= m; ++q) {
        const std::uint8_t choice = plan.choice[pair_index(q, m)];
        if (choice == 0 || terms.by_choice.count(choice) != 0) continue;
        if (terms.by_choice.empty()) {
            terms.bounds = bound_classes(view.outputs, m, plan.outputs[m], view.margin);
        }
        std::vector<Block> blocks = blocks_of(plan.partitions[choice - 1u], m);
        Matrix<N> bounds = bound_blocks(terms.bounds, blocks);
        terms.by_choice[choice] = {std::move(blocks), std::move(bounds)};
    }
    return terms;
}

/// The terms of the pairs with maximum m that the plan chooses, one after the other: visit(q, terms).
template <class N, class Visit>
void for_each_pair(const WindowView<N>& view, const WindowPlan& plan, std::size_t m, Visit&& visit) {
    const MaximumTerms<N> shared = maximum_terms(view, plan, m);
    PairTerms<N> terms;
    for (std::size_t q = 0; q <= m; ++q) {
        const std::uint8_t choice = plan.choice[pair_index(q, m)];
        if (choice == 0) continue;
        const auto& [blocks, bounds] = shared.by_choice.at(choice);
        find_pair_terms(q, view.outputs.token_at.size(), blocks, bounds, shared.bounds, view.attention,
                        terms);
        visit(q, terms);
    }
}

}  // namespace maxcert
