// Sums of positional attention weights, enclosed in sorted order.
#pragma once

#include <vector>

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/number.hpp"
#include "certify/model/path_tables.hpp"

namespace maxcert {

/// Of the K-1 weights exp(EQKP[q][i] - EQKP[q][K-1]): the sums of the r lightest and of the r heaviest, at
/// (q, r) for r = 0 .. K-1.
template <class N>
struct PositionSums {
    Matrix<N> light, heavy;
};

/// Sorts ascending by max and min alone, so that entry j encloses the j-th smallest of the true values even
/// where enclosures overlap.
template <class N>
void sort_enclosures(std::vector<N>& values) {
    for (std::size_t end = values.size(); end > 1; --end) {
        checkpoint(end);
        for (std::size_t j = 0; j + 1 < end; ++j) {
            const N low = min(values[j], values[j + 1]), high = max(values[j], values[j + 1]);
            values[j] = low;
            values[j + 1] = high;
        }
    }
}

/// EQKP [d_vocab, n_ctx], scaled.
template <class N>
PositionSums<N> position_sums(const Matrix<N>& EQKP) {
    const std::size_t K = EQKP.columns();
    PositionSums<N> sums{Matrix<N>(EQKP.rows(), K), Matrix<N>(EQKP.rows(), K)};
    for (std::size_t q = 0; q < EQKP.rows(); ++q) {
        checkpoint(16 * K);
        std::vector<N> weights(K - 1);
        for (std::size_t i = 0; i + 1 < K; ++i) weights[i] = exp(EQKP(q, i) - EQKP(q, K - 1));
        sort_enclosures(weights);
        sums.light(q, 0) = sums.heavy(q, 0) = integer<N>(0);
        for (std::size_t r = 1; r < K; ++r) {
            sums.light(q, r) = sums.light(q, r - 1) + weights[r - 1];
            sums.heavy(q, r) = sums.heavy(q, r - 1) + weights[K - 1 - r];
        }
    }
    return sums;
}

template <class N>
const PositionSums<N>& position_sums_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<PositionSums<N>>("position sums", [&] {
        const N scale = attention_scale<N>(bench.shape().d_head);
        return position_sums(scaled((query_embedding(w) * w.W_Q) * transposed(w.W_pos * w.W_K), scale));
    });
}

}  // namespace maxcert
