// Loops in fixed lanes, so that sums have one order on every processor and a seed gives the same bits in any
// batch.
#include "train/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "data/base/target_clones.hpp"

namespace maxcert::kernels {
namespace {

constexpr std::size_t kLanes = 16;

MAXCERT_INLINE float sum_lanes(float* lanes) {
    for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
        for (std::size_t l = 0; l < width; ++l) lanes[l] += lanes[l + width];
    }
    return lanes[0];
}

/// Sum of a[j] (b[j] + c[j]).
MAXCERT_INLINE float dot_of_sum(const float* a, const float* b, const float* c, std::size_t n) {
    float lanes[kLanes] = {};
    std::size_t j = 0;
    for (; j + kLanes <= n; j += kLanes) {
        for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += a[j + l] * (b[j + l] + c[j + l]);
    }
    for (std::size_t l = 0; j + l < n; ++l) lanes[l] += a[j + l] * (b[j + l] + c[j + l]);
    return sum_lanes(lanes);
}

MAXCERT_INLINE float sum(const float* a, std::size_t n) {
    float lanes[kLanes] = {};
    std::size_t j = 0;
    for (; j + kLanes <= n; j += kLanes) {
        for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += a[j + l];
    }
    for (std::size_t l = 0; j + l < n; ++l) lanes[l] += a[j + l];
    return sum_lanes(lanes);
}

/// Adds x * row to two different rows.
MAXCERT_INLINE void add_scaled(float x, const float* row, float* __restrict__ a, float* __restrict__ b,
                               std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) {
        const float scaled = x * row[j];
        a[j] += scaled;
        b[j] += scaled;
    }
}

/// Within 2 ulp of exp(x) for x <= 0, and 0 below -87; branch-free, so that loops over it vectorise.
MAXCERT_INLINE float exp_nonpositive(float x) {
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    const float clamped = x < -87.0f ? -87.0f : x;
    const float shifted = clamped * 1.44269504f + kRound;
    const float n = shifted - kRound;
    const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * r) * r + r + 1.0f;
    std::int32_t bits = 0;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4B400000 + 127) * (1 << 23);  // 2^n
    float scale = 0;
    std::memcpy(&scale, &bits, sizeof scale);
    return x < -87.0f ? 0.0f : p * scale;
}

MAXCERT_INLINE void attend_rows(const Shape& shape, std::size_t d, const Tables& tables,
                                const std::int64_t* tokens, std::size_t n, float* attention,
                                float* residual) {
    const std::size_t k_max = shape.n_ctx;
    const std::size_t positions = static_cast<std::size_t>(shape.d_vocab) * d;
    for (std::size_t i = 0; i < n; ++i, tokens += k_max, attention += k_max, residual += d) {
        const auto q = static_cast<std::size_t>(tokens[k_max - 1]) * d;
        float largest = -INFINITY;
        for (std::size_t k = 0; k < k_max; ++k) {
            const float* token = tables.key + static_cast<std::size_t>(tokens[k]) * d;
            attention[k] = dot_of_sum(tables.query + q, token, tables.key + positions + k * d, d);
            largest = std::max(largest, attention[k]);
        }
        float total = 0;
        for (std::size_t k = 0; k < k_max; ++k) attention[k] = exp_nonpositive(attention[k] - largest);
        for (std::size_t k = 0; k < k_max; ++k) total += attention[k];
        std::memcpy(residual, tables.last + q, d * sizeof(float));
        for (std::size_t k = 0; k < k_max; ++k) {
            const float p = attention[k] /= total;
            const float* token = tables.ov + static_cast<std::size_t>(tokens[k]) * d;
            const float* position = tables.ov + positions + k * d;
            float* __restrict__ stream = residual;
            for (std::size_t j = 0; j < d; ++j) stream[j] += p * (token[j] + position[j]);
        }
    }
}

MAXCERT_INLINE void attend_rows_backward(const Shape& shape, std::size_t d, const Tables& tables,
                                         const std::int64_t* tokens, std::size_t n, const float* attention,
                                         const float* residual_gradient, const TableGradients& gradients,
                                         float* score_gradient) {
    const std::size_t k_max = shape.n_ctx;
    const std::size_t positions = static_cast<std::size_t>(shape.d_vocab) * d;
    for (std::size_t i = 0; i < n; ++i, tokens += k_max, attention += k_max, residual_gradient += d) {
        const auto q = static_cast<std::size_t>(tokens[k_max - 1]) * d;
        const float* r = residual_gradient;
        float mean = 0;
        for (std::size_t k = 0; k < k_max; ++k) {
            const float* token = tables.ov + static_cast<std::size_t>(tokens[k]) * d;
            score_gradient[k] = dot_of_sum(r, token, tables.ov + positions + k * d, d);
            mean += attention[k] * score_gradient[k];
        }
        const float* query = tables.query + q;
        float* __restrict__ query_gradient = gradients.query + q;
        float* __restrict__ last_gradient = gradients.last + q;
        for (std::size_t j = 0; j < d; ++j) last_gradient[j] += r[j];
        for (std::size_t k = 0; k < k_max; ++k) {
            const float p = attention[k];
            const float s = p * (score_gradient[k] - mean);
            const auto t = static_cast<std::size_t>(tokens[k]) * d;
            const auto at = positions + k * d;
            for (std::size_t j = 0; j < d; ++j)
                query_gradient[j] += s * (tables.key[t + j] + tables.key[at + j]);
            add_scaled(p, r, gradients.ov + t, gradients.ov + at, d);
            add_scaled(s, query, gradients.key + t, gradients.key + at, d);
        }
    }
}

std::size_t largest_token(const Shape& shape, const std::int64_t* sequence) {
    return static_cast<std::size_t>(*std::max_element(sequence, sequence + shape.n_ctx));
}

MAXCERT_INLINE float maximum(const float* a, std::size_t n) {
    float lanes[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = a[0];
    std::size_t j = 0;
    for (; j + kLanes <= n; j += kLanes) {
        for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = lanes[l] < a[j + l] ? a[j + l] : lanes[l];
    }
    for (; j < n; ++j) lanes[0] = std::max(lanes[0], a[j]);
    return *std::max_element(lanes, lanes + kLanes);
}

}  // namespace

// AVX2 does not imply FMA, and lanes are fixed: same bits on every processor.
MAXCERT_CLONES("avx2")
void attend(const Shape& shape, const Tables& tables, const std::int64_t* tokens, std::size_t n,
            float* attention, float* residual) {
    if (shape.d_model == 32) return attend_rows(shape, 32, tables, tokens, n, attention, residual);
    attend_rows(shape, shape.d_model, tables, tokens, n, attention, residual);
}

MAXCERT_CLONES("avx2")
void attend_backward(const Shape& shape, const Tables& tables, const std::int64_t* tokens, std::size_t n,
                     const float* attention, const float* residual_gradient,
                     const TableGradients& gradients) {
    std::vector<float> scratch(shape.n_ctx);
    if (shape.d_model == 32) {
        return attend_rows_backward(shape, 32, tables, tokens, n, attention, residual_gradient, gradients,
                                    scratch.data());
    }
    attend_rows_backward(shape, shape.d_model, tables, tokens, n, attention, residual_gradient, gradients,
                         scratch.data());
}

MAXCERT_CLONES("avx2")
double cross_entropy(const Shape& shape, const std::int64_t* tokens, std::size_t n, float* logits) {
    const std::size_t v = shape.d_vocab;
    const float share = 1.0f / static_cast<float>(n);
    double loss = 0;
    for (std::size_t i = 0; i < n; ++i, tokens += shape.n_ctx, logits += v) {
        const std::size_t label = largest_token(shape, tokens);
        const float largest = maximum(logits, v);
        // The label where it is among the largest. NaN (training diverged) is found nowhere: any place will
        // do.
        std::size_t top = label;
        if (logits[label] != largest) {
            top = std::min(static_cast<std::size_t>(std::find(logits, logits + v, largest) - logits), v - 1);
        }
        const float below = logits[label] - largest;
        for (std::size_t j = 0; j < v; ++j) logits[j] = exp_nonpositive(logits[j] - largest);
        logits[top] = 0;
        const float others = sum(logits, v);
        loss += std::log1p(static_cast<double>(others)) - static_cast<double>(below);
        const float scale = share / (1.0f + others);
        for (std::size_t j = 0; j < v; ++j) logits[j] *= scale;
        logits[top] = scale;
        if (label == top) {
            logits[top] = -others * scale;
        } else {
            logits[label] -= share;
        }
    }
    return loss / static_cast<double>(n);
}

std::size_t count_correct(const Shape& shape, const std::int64_t* tokens, std::size_t n,
                          const float* logits) {
    std::size_t correct = 0;
    for (std::size_t i = 0; i < n; ++i, tokens += shape.n_ctx, logits += shape.d_vocab) {
        const std::size_t label = largest_token(shape, tokens);
        std::size_t not_below = 0;
        for (std::size_t j = 0; j < shape.d_vocab; ++j) not_below += !(logits[j] < logits[label]);
        correct += not_below == 1;
    }
    return correct;
}

}  // namespace maxcert::kernels
