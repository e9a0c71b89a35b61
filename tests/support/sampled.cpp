#include "tests/support/sampled.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace maxcert::testing {
namespace {

using Table = std::vector<double>;

// [rows, inner] * [inner, columns], all row-major.
template <class A, class B>
Table times(const A& a, const B& b, std::size_t rows, std::size_t inner, std::size_t columns) {
    Table c(rows * columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t k = 0; k < inner; ++k) {
            for (std::size_t j = 0; j < columns; ++j) {
                c[i * columns + j] +=
                    static_cast<double>(a[i * inner + k]) * static_cast<double>(b[k * columns + j]);
            }
        }
    }
    return c;
}

}  // namespace

double SampledAccuracy::half_width(double deviations) const {
    const double n = static_cast<double>(samples), z = deviations, p = share();
    return z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n) + z * z / n;
}

SampledAccuracy sample_accuracy(const Weights& weights, std::uint64_t samples, std::uint64_t seed) {
    const std::size_t V = weights.shape.d_vocab, K = weights.shape.n_ctx, D = weights.shape.d_model,
                      H = weights.shape.d_head;
    // The residual stream at (position, token) in rows, and what it asks for, offers and passes on.
    Table x(K * V * D);
    for (std::size_t i = 0; i < K; ++i) {
        for (std::size_t t = 0; t < V; ++t) {
            for (std::size_t d = 0; d < D; ++d) {
                x[(i * V + t) * D + d] = static_cast<double>(weights.W_E[t * D + d]) +
                                         static_cast<double>(weights.W_pos[i * D + d]);
            }
        }
    }
    const Table keys = times(x, weights.W_K, K * V, D, H);
    const Table passed =
        times(times(times(x, weights.W_V, K * V, D, H), weights.W_O, K * V, H, D), weights.W_U, K * V, D, V);
    const Table last(x.end() - static_cast<std::ptrdiff_t>(V * D), x.end());
    const Table queries = times(last, weights.W_Q, V, D, H), direct = times(last, weights.W_U, V, D, V);
    Table weight(V * K * V);  // exp of the scores by query, less the largest
    for (std::size_t q = 0; q < V; ++q) {
        double* row = &weight[q * K * V];
        for (std::size_t j = 0; j < K * V; ++j) {
            for (std::size_t h = 0; h < H; ++h) row[j] += queries[q * H + h] * keys[j * H + h];
            row[j] /= std::sqrt(static_cast<double>(H));
        }
        const double top = *std::max_element(row, row + K * V);
        for (std::size_t j = 0; j < K * V; ++j) row[j] = std::exp(row[j] - top);
    }

    SampledAccuracy result;
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::size_t> token(0, V - 1);
    std::vector<std::size_t> tokens(K);
    Table logits(V);
    for (; result.samples < samples; ++result.samples) {
        for (std::size_t& t : tokens) t = token(random);
        const std::size_t q = tokens.back(), m = *std::max_element(tokens.begin(), tokens.end());
        std::fill(logits.begin(), logits.end(), 0.0);
        double all = 0;
        for (std::size_t i = 0; i < K; ++i) {
            const std::size_t j = i * V + tokens[i];
            const double a = weight[q * K * V + j];
            all += a;
            for (std::size_t o = 0; o < V; ++o) logits[o] += a * passed[j * V + o];
        }
        for (std::size_t o = 0; o < V; ++o) logits[o] = logits[o] / all + direct[q * V + o];
        bool right = true;
        for (std::size_t o = 0; o < V; ++o) right = right && (o == m || logits[o] < logits[m]);
        result.right += right ? 1 : 0;
    }
    return result;
}

}  // namespace maxcert::testing
