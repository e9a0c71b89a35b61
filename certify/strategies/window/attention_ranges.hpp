// Attention weights for the window strategies, as ranges (SOUNDNESS T5c, T4).
#pragma once

#include <cstddef>
#include <vector>

#include "certify/model/path_tables.hpp"
#include "certify/strategies/qk/split.hpp"
#include "certify/strategies/window/range_maxima.hpp"

namespace maxcert {

/// Ranges of the attention weight that a token can have at any position but the query's, up to a factor that
/// depends on q alone: a_q(t,i) in [lower(q,t), upper(q,t)] for all i < n_ctx-1; over any run of tokens.
template <class N>
struct AttentionRanges {
    RangeMaxima<N> negated_lower, upper;  ///< [d_vocab, d_vocab]
    std::vector<N> query_upper;  ///< the query's own position weighs 1 .. query_upper[q]; empty: exactly 1
};

/// From token scores (not yet scaled) and position scores EQKP[q,i] (scaled). The unexplained part of a row
/// of scores may be shifted, since a common factor changes no sign: it lies in [0, error], and exp of it in
/// [1, exp(error)], for the query's own position too. No box of residuals of that range is bounded tighter.
template <class N>
AttentionRanges<N> attention_ranges(const Scores<N>& scores, bool exact, const Matrix<N>& EQKP,
                                    const N& scale) {
    const Matrix<N>& S = scores.explained;
    const std::size_t V = S.rows(), last = EQKP.columns() - 1;
    Matrix<N> negated_lower(V, V), upper(V, V);
    std::vector<N> query_upper;
    for (std::size_t q = 0; q < V; ++q) {
        checkpoint(16 * (V + last));
        if (!exact) query_upper.push_back(exp(scores.error[q] * scale));
        N light, heavy;  // over the positions; with no other position nothing is weighed by them
        for (std::size_t i = 0; i < last; ++i) {
            const N weight = exp(EQKP(q, i) - EQKP(q, last));
            light = i == 0 ? weight : min(light, weight);
            heavy = i == 0 ? weight : max(heavy, weight);
        }
        if (!exact) heavy *= query_upper[q];
        for (std::size_t t = 0; t < V; ++t) {
            const N weight = exp((S(q, t) - S(q, q)) * scale);
            negated_lower(q, t) = -(weight * light);
            upper(q, t) = weight * heavy;
        }
    }
    return {RangeMaxima<N>(negated_lower), RangeMaxima<N>(upper), query_upper};
}

template <class N>
const AttentionRanges<N>& attention_of(TableCache<N>& bench, QkError error, const ScoreHints& hints) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<AttentionRanges<N>>(
        std::string("window/attention/") + name_of(error) + "/" + key_of(hints), [&] {
            const N scale = attention_scale<N>(bench.shape().d_head);
            // Few positions: multiplied from their side.
            const Matrix<N> EQKP = scaled(query_embedding(w) * (w.W_Q * transposed(w.W_pos * w.W_K)), scale);
            return attention_ranges(bound_scores(w, error, hints), error == QkError::exact_EQKE, EQKP, scale);
        });
}

}  // namespace maxcert
