// Each operation rounds as LibTorch's kernels round it: sums of products with FMA instructions round once.
#include "train/adamw.hpp"

#include <cmath>

#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

/// One step's factors.
struct Factors {
    float keep, keep_mean, take_mean, keep_square, take_square, correction, epsilon, minus_rate;
};

template <bool kFused>
MAXCERT_INLINE float multiply_add(float a, float b, float c) {
    return kFused ? __builtin_fmaf(a, b, c) : a * b + c;
}

template <bool kFused>
MAXCERT_INLINE void update(const Factors& f, std::size_t n, float* __restrict__ parameters,
                           const float* __restrict__ gradient, float* __restrict__ mean,
                           float* __restrict__ square) {
    for (std::size_t j = 0; j < n; ++j) {
        const float g = gradient[j];
        mean[j] = multiply_add<kFused>(g, f.take_mean, mean[j] * f.keep_mean);
        square[j] = multiply_add<kFused>(f.take_square * g, g, square[j] * f.keep_square);
        const float deviation = std::sqrt(square[j]) / f.correction + f.epsilon;
        parameters[j] = parameters[j] * f.keep + f.minus_rate * mean[j] / deviation;
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void update_fused(const Factors& f, std::size_t n, float* parameters,
                                                      const float* gradient, float* mean, float* square) {
    update<true>(f, n, parameters, gradient, mean, square);
}
const bool kHasFma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif

}  // namespace

AdamW::AdamW(const TrainConfig& options, std::size_t n) : options_(options), mean_(n), mean_square_(n) {}

void AdamW::step(float* parameters, const float* gradient) {
    ++steps_;
    const TrainConfig& o = options_;
    const double rate = o.learning_rate / (1 - std::pow(o.beta1, steps_));
    const double correction = std::sqrt(1 - std::pow(o.beta2, steps_));
    const auto single = [](double x) { return static_cast<float>(x); };
    const Factors factors{single(1 - o.learning_rate * o.weight_decay),
                          single(o.beta1),
                          single(1 - o.beta1),
                          single(o.beta2),
                          single(1 - o.beta2),
                          single(correction),
                          single(o.epsilon),
                          single(-rate)};
    float *mean = mean_.data(), *square = mean_square_.data();
#if defined(__x86_64__)
    if (kHasFma) return update_fused(factors, mean_.size(), parameters, gradient, mean, square);
#endif
    update<false>(factors, mean_.size(), parameters, gradient, mean, square);
}

}  // namespace maxcert
