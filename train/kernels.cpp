// Loops in fixed lanes, so that sums have one order on every processor and a seed gives the same bits in any
// batch.
#include "train/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

#include "data/base/target_clones.hpp"

namespace maxcert::kernels {
namespace {

constexpr std::size_t kLanes = 16;

/// The sum by halves: lane l + 8 joins lane l, then l + 4, and so on. Vectors, since through memory it takes
/// longer than what it sums.
MAXCERT_INLINE float sum_lanes(const float* lanes) {
    static_assert(kLanes == 16, "written out for sixteen lanes");
    typedef float Eight __attribute__((vector_size(32)));
    typedef float Four __attribute__((vector_size(16)));
    Eight low, high;
    std::memcpy(&low, lanes, sizeof low);
    std::memcpy(&high, lanes + 8, sizeof high);
    low += high;
    Four lower, upper;
    std::memcpy(&lower, &low, sizeof lower);
    std::memcpy(&upper, reinterpret_cast<const float*>(&low) + 4, sizeof upper);
    lower += upper;
    return (lower[0] + lower[2]) + (lower[1] + lower[3]);
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

/// Calls part(first, width) on runs of up to kLanes columns that make up d: what is summed over positions
/// then stays in registers. All but the last width are kLanes, which the compiler knows.
template <class Part>
MAXCERT_INLINE void by_columns(std::size_t d, const Part& part) {
    std::size_t j = 0;
    for (; j + kLanes <= d; j += kLanes) part(j, std::integral_constant<std::size_t, kLanes>{});
    if (j < d) part(j, d - j);
}

/// Where the rows of a token and a position begin in tables of keys and OV outputs, for d columns.
struct Rows {
    std::size_t d, positions;

    Rows(const Shape& shape, std::size_t width) : d(width), positions(shape.d_vocab * width) {}
    std::size_t token(std::int64_t t) const { return static_cast<std::size_t>(t) * d; }
    std::size_t position(std::size_t k) const { return positions + k * d; }
};

MAXCERT_INLINE void softmax_rows(float* attention, std::size_t n, std::size_t width) {
    for (std::size_t i = 0; i < n; ++i) {
        float* row = attention + i * width;
        const float largest = *std::max_element(row, row + width);
        for (std::size_t k = 0; k < width; ++k) row[k] -= largest;
    }
    // All at once: rows are too short to fill vectors.
    for (std::size_t at = 0; at < n * width; ++at) attention[at] = exp_nonpositive(attention[at]);
    for (std::size_t i = 0; i < n; ++i) {
        float* row = attention + i * width;
        float total = 0;
        for (std::size_t k = 0; k < width; ++k) total += row[k];
        for (std::size_t k = 0; k < width; ++k) row[k] /= total;
    }
}

MAXCERT_INLINE void attend_rows(const Shape& shape, std::size_t d, const Tables& tables,
                                const std::int64_t* tokens, std::size_t n, float* attention,
                                float* residual) {
    const std::size_t n_ctx = shape.n_ctx;
    const Rows rows(shape, d);
    for (std::size_t i = 0; i < n; ++i) {
        const std::int64_t* sequence = tokens + i * n_ctx;
        const float* query = tables.query + rows.token(sequence[n_ctx - 1]);
        for (std::size_t k = 0; k < n_ctx; ++k) {
            attention[i * n_ctx + k] =
                dot_of_sum(query, tables.key + rows.token(sequence[k]), tables.key + rows.position(k), d);
        }
    }
    softmax_rows(attention, n, n_ctx);
    for (std::size_t i = 0; i < n; ++i) {
        const std::int64_t* sequence = tokens + i * n_ctx;
        const float* last = tables.last + rows.token(sequence[n_ctx - 1]);
        by_columns(
            d, [&](std::size_t first, auto width) __attribute__((always_inline)) {
                float stream[kLanes];
                for (std::size_t j = 0; j < width; ++j) stream[j] = last[first + j];
                for (std::size_t k = 0; k < n_ctx; ++k) {
                    const float p = attention[i * n_ctx + k];
                    const float* token = tables.ov + rows.token(sequence[k]) + first;
                    const float* position = tables.ov + rows.position(k) + first;
                    for (std::size_t j = 0; j < width; ++j) stream[j] += p * (token[j] + position[j]);
                }
                for (std::size_t j = 0; j < width; ++j) residual[i * d + first + j] = stream[j];
            });
    }
}

MAXCERT_INLINE void attend_rows_backward(const Shape& shape, std::size_t d, const Tables& tables,
                                         const std::int64_t* tokens, std::size_t n, const float* attention,
                                         const float* residual_gradient, const TableGradients& gradients,
                                         float* score_gradient) {
    const std::size_t n_ctx = shape.n_ctx;
    const Rows rows(shape, d);
    for (std::size_t i = 0; i < n; ++i) {
        const std::int64_t* sequence = tokens + i * n_ctx;
        float* row = score_gradient + i * n_ctx;
        float mean = 0;
        for (std::size_t k = 0; k < n_ctx; ++k) {
            row[k] = dot_of_sum(residual_gradient + i * d, tables.ov + rows.token(sequence[k]),
                                tables.ov + rows.position(k), d);
            mean += attention[i * n_ctx + k] * row[k];
        }
        for (std::size_t k = 0; k < n_ctx; ++k) row[k] = attention[i * n_ctx + k] * (row[k] - mean);
    }
    for (std::size_t i = 0; i < n; ++i) {
        const std::int64_t* sequence = tokens + i * n_ctx;
        const std::size_t q = rows.token(sequence[n_ctx - 1]);
        const float* r = residual_gradient + i * d;
        const float* query = tables.query + q;
        float* __restrict__ query_gradient = gradients.query + q;
        float* __restrict__ last_gradient = gradients.last + q;
        for (std::size_t j = 0; j < d; ++j) last_gradient[j] += r[j];
        for (std::size_t k = 0; k < n_ctx; ++k) {
            const float p = attention[i * n_ctx + k], s = score_gradient[i * n_ctx + k];
            const std::size_t token = rows.token(sequence[k]), position = rows.position(k);
            for (std::size_t j = 0; j < d; ++j) {
                query_gradient[j] += s * (tables.key[token + j] + tables.key[position + j]);
            }
            add_scaled(p, r, gradients.ov + token, gradients.ov + position, d);
            add_scaled(s, query, gradients.key + token, gradients.key + position, d);
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
MAXCERT_CLONES("avx512f", "avx2")
void attend(const Shape& shape, const Tables& tables, const std::int64_t* tokens, std::size_t n,
            float* attention, float* residual) {
    if (shape.d_model == 32) return attend_rows(shape, 32, tables, tokens, n, attention, residual);
    attend_rows(shape, shape.d_model, tables, tokens, n, attention, residual);
}

MAXCERT_CLONES("avx512f", "avx2")
void attend_backward(const Shape& shape, const Tables& tables, const std::int64_t* tokens, std::size_t n,
                     const float* attention, const float* residual_gradient,
                     const TableGradients& gradients) {
    std::vector<float> scratch(n * shape.n_ctx);
    if (shape.d_model == 32) {
        return attend_rows_backward(shape, 32, tables, tokens, n, attention, residual_gradient, gradients,
                                    scratch.data());
    }
    attend_rows_backward(shape, shape.d_model, tables, tokens, n, attention, residual_gradient, gradients,
                         scratch.data());
}

MAXCERT_CLONES("avx512f", "avx2")
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

void add_sum_of_rows(const float* rows, std::size_t n, std::size_t d, float* to) {
    constexpr std::size_t levels = 4, fan = 16;
    std::vector<float> sums(levels * d);
    const auto add = [d](const float* from, float* into) {
        for (std::size_t j = 0; j < d; ++j) into[j] += from[j];
    };
    for (std::size_t i = 0, done = 1; i < n; ++i, ++done) {
        add(rows + i * d, sums.data());
        std::size_t whole = fan;  // rows of a sum that the next level takes
        for (std::size_t level = 1; level < levels && done % whole == 0; ++level, whole *= fan) {
            float* below = sums.data() + (level - 1) * d;
            add(below, below + d);
            std::fill(below, below + d, 0.0f);
        }
    }
    for (std::size_t level = 1; level < levels; ++level) add(sums.data() + level * d, sums.data());
    add(sums.data(), to);
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
