// A model's paths multiplied out in plain float or double arithmetic, for running it on many random
// sequences. Shares nothing with the proofs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert::testing {

/// [rows, inner] * [inner, columns], all row-major.
template <class Number, class A, class B>
std::vector<Number> times(const A& a, const B& b, std::size_t rows, std::size_t inner, std::size_t columns) {
    std::vector<Number> c(rows * columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t k = 0; k < inner; ++k) {
            for (std::size_t j = 0; j < columns; ++j) {
                c[i * columns + j] +=
                    static_cast<Number>(a[i * inner + k]) * static_cast<Number>(b[k * columns + j]);
            }
        }
    }
    return c;
}

template <class Number>
struct SampledTables {
    std::vector<Number> attention;  ///< [query][position, token]: exp of the score, less the query's largest
    std::vector<Number> passed;     ///< [position, token][output]: (W_E + W_pos) W_V W_O W_U
    std::vector<Number> direct;     ///< [query][output]: (W_E + W_pos) W_U at the last position

    explicit SampledTables(const Weights& w) {
        const std::size_t V = w.shape.d_vocab, K = w.shape.n_ctx, D = w.shape.d_model, H = w.shape.d_head;
        // The residual stream at (position, token) in rows, and what it asks for, offers and passes on.
        std::vector<Number> x(K * V * D);
        for (std::size_t i = 0; i < K; ++i) {
            for (std::size_t t = 0; t < V; ++t) {
                for (std::size_t d = 0; d < D; ++d) {
                    x[(i * V + t) * D + d] =
                        static_cast<Number>(w.W_E[t * D + d]) + static_cast<Number>(w.W_pos[i * D + d]);
                }
            }
        }
        const std::vector<Number> last(x.end() - static_cast<std::ptrdiff_t>(V * D), x.end());
        const auto keys = times<Number>(x, w.W_K, K * V, D, H), queries = times<Number>(last, w.W_Q, V, D, H);
        const auto values = times<Number>(times<Number>(x, w.W_V, K * V, D, H), w.W_O, K * V, H, D);
        passed = times<Number>(values, w.W_U, K * V, D, V);
        direct = times<Number>(last, w.W_U, V, D, V);
        attention.resize(V * K * V);
        for (std::size_t q = 0; q < V; ++q) {
            Number* row = &attention[q * K * V];
            for (std::size_t j = 0; j < K * V; ++j) {
                for (std::size_t h = 0; h < H; ++h) row[j] += queries[q * H + h] * keys[j * H + h];
                row[j] /= std::sqrt(static_cast<Number>(H));
            }
            const Number top = *std::max_element(row, row + K * V);
            for (std::size_t j = 0; j < K * V; ++j) row[j] = std::exp(row[j] - top);
        }
    }
};

}  // namespace maxcert::testing
