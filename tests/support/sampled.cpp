#include "tests/support/sampled.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/support/sampled_tables.hpp"

namespace maxcert::testing {
double SampledAccuracy::half_width(double deviations) const {
    const double n = static_cast<double>(samples), z = deviations, p = share();
    return z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n) + z * z / n;
}

SampledAccuracy sample_accuracy(const Weights& weights, std::uint64_t samples, std::uint64_t seed) {
    const std::size_t V = weights.shape.d_vocab, K = weights.shape.n_ctx;
    const SampledTables<double> tables(weights);

    SampledAccuracy result;
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::size_t> token(0, V - 1);
    std::vector<std::size_t> tokens(K);
    std::vector<double> logits(V);
    for (; result.samples < samples; ++result.samples) {
        for (std::size_t& t : tokens) t = token(random);
        const std::size_t q = tokens.back(), m = *std::max_element(tokens.begin(), tokens.end());
        std::fill(logits.begin(), logits.end(), 0.0);
        double all = 0;
        for (std::size_t i = 0; i < K; ++i) {
            const std::size_t j = i * V + tokens[i];
            const double a = tables.attention[q * K * V + j];
            all += a;
            for (std::size_t o = 0; o < V; ++o) logits[o] += a * tables.passed[j * V + o];
        }
        for (std::size_t o = 0; o < V; ++o) logits[o] = logits[o] / all + tables.direct[q * V + o];
        bool right = true;
        for (std::size_t o = 0; o < V; ++o) right = right && (o == m || logits[o] < logits[m]);
        result.right += right ? 1 : 0;
    }
    return result;
}

}  // namespace maxcert::testing
