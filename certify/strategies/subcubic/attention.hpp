// How much attention the tokens equal to the maximum get at least and at most (SOUNDNESS T3, step 1).
#pragma once

#include <array>
#include <vector>

#include "certify/model/position_sums.hpp"
#include "certify/strategies/qk/split.hpp"

namespace maxcert {

/// C'/C for the positional weights relative to the query's: C on the tokens m, C' on the others; [q, n].
template <class N>
struct PositionRatios {
    /// [0]: q != m, [1]: q = m, where the query's own weight 1 is on m.
    std::array<Matrix<N>, 2> lightest;  ///< the m's in the lightest positions: attention on m is smallest
    std::array<Matrix<N>, 2> heaviest;
};

template <class N>
PositionRatios<N> position_ratios(const PositionSums<N>& sums) {
    const std::size_t K = sums.light.columns(), V = sums.light.rows();
    PositionRatios<N> ratios;
    for (auto* side : {&ratios.lightest, &ratios.heaviest}) side->fill(Matrix<N>(V, K));
    const N one = integer<N>(1);
    for (std::size_t q = 0; q < V; ++q) {
        const N *light = sums.light.row(q), *heavy = sums.heavy.row(q);
        for (std::size_t n = 1; n < K; ++n) {
            // C' is summed itself, never as total - C: cancellation would ruin it.
            ratios.lightest[0](q, n) = (one + heavy[n - 1]) / light[K - n];
            ratios.heaviest[0](q, n) = (one + light[n - 1]) / heavy[K - n];
            ratios.lightest[1](q, n) = heavy[n] / (one + light[K - 1 - n]);
            ratios.heaviest[1](q, n) = light[n] / (one + heavy[K - 1 - n]);
        }
    }
    return ratios;
}

/// exp of score differences between far tokens and the maximum. `far_high(q, t) * of_max(q, m)` is
/// exp(-d_lo) and `far_low(q, t) * of_max(q, m)` is exp(-d_hi), for tokens <= t = m - g far from m.
template <class N>
struct ScoreFactors {
    Matrix<N> of_max, far_high, far_low;  ///< [d_vocab, d_vocab]
};

template <class N>
ScoreFactors<N> score_factors(const Scores<N>& scores, std::uint32_t d_head) {
    const Matrix<N>& S = scores.explained;
    const std::size_t V = S.rows();
    const N scale = attention_scale<N>(d_head);
    ScoreFactors<N> f{Matrix<N>(V, V), Matrix<N>(V, V), Matrix<N>(V, V)};
    for (std::size_t q = 0; q < V; ++q) {
        checkpoint(48 * V);
        // Any reference cancels in the products; this one keeps exp in range.
        const N reference = exactly<N>(lower_double(S(q, q)));
        N highest = S(q, 0), lowest = S(q, 0);
        for (std::size_t t = 0; t < V; ++t) {
            if (t > 0) {
                highest = max(highest, S(q, t));
                lowest = min(lowest, S(q, t));
            }
            f.of_max(q, t) = exp((reference - S(q, t)) * scale);
            f.far_high(q, t) = exp((highest + scores.error[q] - reference) * scale);
            f.far_low(q, t) = exp((lowest - scores.error[q] - reference) * scale);
        }
    }
    return f;
}

/// The odds (1 - a) / a against attending to m, where a is smallest ([0]) and largest ([1]). Every sequence
/// of the cell has odds between them.
template <class N>
std::array<N, 2> attention_odds(const PositionRatios<N>& positions, const ScoreFactors<N>& scores,
                                std::size_t q, std::size_t m, std::size_t n, std::size_t far) {
    const std::size_t same = q == m ? 1 : 0;
    const N& of_max = scores.of_max(q, m);
    return {positions.lightest[same](q, n) * (scores.far_high(q, far) * of_max),
            positions.heaviest[same](q, n) * (scores.far_low(q, far) * of_max)};
}

}  // namespace maxcert
