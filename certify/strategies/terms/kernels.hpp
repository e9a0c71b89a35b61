// The inner loops of the brute-force walk, one version per instruction set. All need RoundUpward in force:
// what they add up is rounded upward, so their results are upper bounds. Inputs must be finite.
#pragma once

#include <cstddef>
#include <vector>

#include "certify/arithmetic/ends.hpp"

namespace maxcert {

/// Rows that kernels read are padded to a multiple of this many elements.
constexpr std::size_t kKernelPadding = 16;

constexpr std::size_t padded(std::size_t n) {
    return (n + kKernelPadding - 1) / kKernelPadding * kKernelPadding;
}

/// An output with two positions left, in floats.
struct CoarseOutput {
    Ends<float> start;             ///< sums over all other positions
    Ends<const float*> own, last;  ///< terms at the last but one position and at the last
    float most;                    ///< at least the largest upper end at the last position
    std::size_t first, end;        ///< tokens there, in whole paddings, beyond which the output cannot win
};

/// Numbers of sequences that upper ends show to be right, and lower ends to be wrong.
struct Tally {
    std::size_t right = 0, wrong = 0;
};

struct Kernels {
    const char* name;

    /// largest[x] = max over t < n of (rows[t * stride + x] + offset[t]), x < stride; n >= 1.
    void (*max_of_shifted_rows)(const float* rows, const float* offset, std::size_t n, std::size_t stride,
                                float* largest);

    /// One end of one table row: out[x] >= a * (first[x] + second[x] + third[x]) for every a in
    /// [a_low, a_high], 0 <= a_low, x < n (a multiple of the padding). Returns false if an entry is not
    /// finite or beyond `limit`.
    bool (*scaled_row)(const double* first, const double* second, const double* third, double a_low,
                       double a_high, std::size_t n, float limit, float* out);

    /// Terms of one output at one position: out[t] >= a * (first[t] + second[t] + third) for every a in
    /// [a_low[t], a_high[t]], t < n, and 0 from n to the padding. Returns false if one is not finite or huge
    /// (then sums of a few could overflow).
    bool (*column)(const double* first, const double* second, double third, const double* a_low,
                   const double* a_high, std::size_t n, double* out);

    /// The largest of n finite values; -infinity for none.
    double (*max_of)(const double* values, std::size_t n);

    /// For the outputs k < count, with rows upper[k], negated_lower[k] of next-position terms:
    ///   worst[t] = max over k of upper_start[k] + upper[k][t]          (< 0: no output can win)
    ///   surest[t] = min over k of negated_start[k] + negated_lower[k][t]   (<= 0: some output surely wins)
    /// for t < n rounded up to the padding; count >= 1.
    void (*sweep)(const double* const* upper, const double* upper_start, const double* const* negated_lower,
                  const double* negated_start, std::size_t count, std::size_t n, double* worst,
                  double* surest);

    /// The same in floats with token s at the last but one position: worst is -infinity and surest infinity
    /// where no output can win. Counts them, worst < 0 and surest <= 0, for t < n.
    Tally (*coarse_sweep)(const CoarseOutput* outputs, std::size_t count, std::size_t s, std::size_t n,
                          float* worst, float* surest);
};

/// All that this processor runs, fastest first; the last is the baseline.
std::vector<const Kernels*> available_kernels();

}  // namespace maxcert
