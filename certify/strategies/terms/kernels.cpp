// Comparisons and additions of whole rows, one source for every instruction set. They only add and compare,
// under upward rounding, so every version gives the same verdicts.
#include "certify/strategies/terms/kernels.hpp"

#include <cstdint>
#include <cstring>
#include <limits>

#include "certify/arithmetic/rounding.hpp"
#include "data/base/target_clones.hpp"

// The same loops are compiled once per instruction set; vectors are GCC's generic ones, so there is one
// source. Everything is inlined into the entry points, which carry the target attribute.
namespace maxcert {
namespace {

template <class T, std::size_t Bytes>
struct Vector {
    typedef T type __attribute__((vector_size(Bytes)));
    static constexpr std::size_t lanes = Bytes / sizeof(T);
};

// Rows need not be aligned; the copies compile to single moves. How vectors are returned depends on the
// instruction set, which concerns nobody where all is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"
template <class V, class T>
MAXCERT_INLINE V load(const T* p) {
    V v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
template <class V, class T>
MAXCERT_INLINE void store(T* p, const V& v) {
    std::memcpy(p, &v, sizeof v);
}

template <std::size_t Bytes>
MAXCERT_INLINE void max_of_shifted_rows(const float* rows, const float* offset, std::size_t n,
                                        std::size_t stride, float* largest) {
    using V = typename Vector<float, Bytes>::type;
    constexpr std::size_t lanes = Vector<float, Bytes>::lanes;
    for (std::size_t x = 0; x < stride; x += lanes) {
        V best = load<V>(rows + x) + offset[0];
        for (std::size_t t = 1; t < n; ++t) {
            const V sum = load<V>(rows + t * stride + x) + offset[t];
            best = sum > best ? sum : best;
        }
        store(largest + x, best);
    }
}

MAXCERT_INLINE bool scaled_row(const double* first, const double* second, const double* third, double a_low,
                               double a_high, std::size_t n, float limit, float* out) {
    int bad = 0;
    for (std::size_t x = 0; x < n; ++x) {
        const double sum = first[x] + second[x] + third[x];
        const double low = a_low * sum, high = a_high * sum;
        const float value = static_cast<float>(low > high ? low : high);  // rounds upward
        out[x] = value;
        bad |= !(value < limit) | !(value > -limit);
    }
    return bad == 0;
}

MAXCERT_INLINE bool column(const double* first, const double* second, double third, const double* a_low,
                           const double* a_high, std::size_t n, double* out) {
    constexpr double limit = 1e290;
    int bad = 0;
    for (std::size_t t = 0; t < n; ++t) {
        const double sum = first[t] + second[t] + third;
        const double low = a_low[t] * sum, high = a_high[t] * sum;
        const double value = low > high ? low : high;
        out[t] = value;
        bad |= !(value < limit) | !(value > -limit);
    }
    for (std::size_t t = n; t < padded(n); ++t) out[t] = 0;
    return bad == 0;
}

template <std::size_t Bytes>
MAXCERT_INLINE double max_of(const double* values, std::size_t n) {
    using V = typename Vector<double, Bytes>::type;
    constexpr std::size_t lanes = Vector<double, Bytes>::lanes;
    double best = -std::numeric_limits<double>::infinity();
    std::size_t j = 0;
    if (n >= lanes) {
        V b = load<V>(values);
        for (j = lanes; j + lanes <= n; j += lanes) {
            const V v = load<V>(values + j);
            b = v > b ? v : b;
        }
        for (std::size_t k = 0; k < lanes; ++k) best = b[k] > best ? b[k] : best;
    }
    for (; j < n; ++j) best = values[j] > best ? values[j] : best;
    return best;
}

template <std::size_t Bytes>
MAXCERT_INLINE void sweep(const double* const* upper, const double* upper_start,
                          const double* const* negated_lower, const double* negated_start, std::size_t count,
                          std::size_t n, double* worst, double* surest) {
    using V = typename Vector<double, Bytes>::type;
    constexpr std::size_t lanes = Vector<double, Bytes>::lanes;
    for (std::size_t t = 0; t < n; t += lanes) {
        V w = load<V>(upper[0] + t) + upper_start[0];
        V s = load<V>(negated_lower[0] + t) + negated_start[0];
        for (std::size_t k = 1; k < count; ++k) {
            const V u = load<V>(upper[k] + t) + upper_start[k];
            const V l = load<V>(negated_lower[k] + t) + negated_start[k];
            w = u > w ? u : w;
            s = l < s ? l : s;
        }
        store(worst + t, w);
        store(surest + t, s);
    }
}

/// How many lanes a comparison is true in, which it marks by -1.
template <std::size_t Bytes, class Mask>
MAXCERT_INLINE std::size_t true_lanes(const Mask& sum_of_masks) {
    std::int32_t lanes[Bytes / 4], n = 0;
    std::memcpy(lanes, &sum_of_masks, Bytes);
    for (const std::int32_t lane : lanes) n -= lane;
    return static_cast<std::size_t>(n);
}

template <std::size_t Bytes>
MAXCERT_INLINE Tally coarse_sweep(const CoarseOutput* outputs, std::size_t count, std::size_t s,
                                  std::size_t n, float* worst, float* surest) {
    using V = typename Vector<float, Bytes>::type;
    constexpr std::size_t lanes = Vector<float, Bytes>::lanes;
    const V low = V{} - std::numeric_limits<float>::infinity();
    for (std::size_t t = 0; t < n; t += lanes) store(worst + t, low), store(surest + t, -low);
    for (const CoarseOutput* o = outputs; o < outputs + count; ++o) {
        const float upper = o->start.upper + o->own.upper[s];
        if (upper + o->most < 0) continue;
        const float negated = o->start.negated_lower + o->own.negated_lower[s];
        for (std::size_t t = o->first; t < o->end; t += lanes) {
            const V u = load<V>(o->last.upper + t) + upper, w = load<V>(worst + t);
            const V l = load<V>(o->last.negated_lower + t) + negated, c = load<V>(surest + t);
            store(worst + t, u > w ? u : w);
            store(surest + t, l < c ? l : c);
        }
    }
    auto right = V{} < V{}, wrong = right;
    std::size_t t = 0;
    for (; t + lanes <= n; t += lanes) {
        right += load<V>(worst + t) < 0;
        wrong += load<V>(surest + t) <= 0;
    }
    Tally tally{true_lanes<Bytes>(right), true_lanes<Bytes>(wrong)};
    for (; t < n; ++t) tally.right += worst[t] < 0 ? 1 : 0, tally.wrong += surest[t] <= 0 ? 1 : 0;
    return tally;
}

// NOLINTBEGIN(bugprone-macro-parentheses): attributes stand in no parentheses
#define MAXCERT_KERNELS(NAME, BYTES, TARGET)                                                                \
    TARGET void NAME##_max(const float* rows, const float* offset, std::size_t n, std::size_t stride,       \
                           float* largest) {                                                                \
        max_of_shifted_rows<BYTES>(rows, offset, n, stride, largest);                                       \
    }                                                                                                       \
    TARGET bool NAME##_row(const double* first, const double* second, const double* third, double a_low,    \
                           double a_high, std::size_t n, float limit, float* out) {                         \
        return scaled_row(first, second, third, a_low, a_high, n, limit, out);                              \
    }                                                                                                       \
    TARGET bool NAME##_column(const double* first, const double* second, double third, const double* a_low, \
                              const double* a_high, std::size_t n, double* out) {                           \
        return column(first, second, third, a_low, a_high, n, out);                                         \
    }                                                                                                       \
    TARGET double NAME##_max_of(const double* values, std::size_t n) {                                      \
        return max_of<BYTES>(values, n);                                                                    \
    }                                                                                                       \
    TARGET void NAME##_sweep(const double* const* upper, const double* upper_start,                         \
                             const double* const* negated_lower, const double* negated_start,               \
                             std::size_t count, std::size_t n, double* worst, double* surest) {             \
        sweep<BYTES>(upper, upper_start, negated_lower, negated_start, count, n, worst, surest);            \
    }                                                                                                       \
    TARGET Tally NAME##_coarse_sweep(const CoarseOutput* outputs, std::size_t count, std::size_t s,         \
                                     std::size_t n, float* worst, float* surest) {                          \
        return coarse_sweep<BYTES>(outputs, count, s, n, worst, surest);                                    \
    }                                                                                                       \
    constexpr Kernels NAME##_kernels{#NAME,         NAME##_max,   NAME##_row,         NAME##_column,        \
                                     NAME##_max_of, NAME##_sweep, NAME##_coarse_sweep};

// NOLINTEND(bugprone-macro-parentheses)

MAXCERT_KERNELS(baseline, 16, )
#if defined(__x86_64__)
MAXCERT_KERNELS(avx2, 32, __attribute__((target("avx2"))))
MAXCERT_KERNELS(avx512, 64,
                __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512"))))
#endif

}  // namespace

std::vector<const Kernels*> available_kernels() {
    std::vector<const Kernels*> list;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        list.push_back(&avx512_kernels);
    }
    if (__builtin_cpu_supports("avx2")) list.push_back(&avx2_kernels);
#endif
    list.push_back(&baseline_kernels);
    return list;
}

}  // namespace maxcert
