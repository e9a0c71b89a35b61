// The last two places of a subtree in which many outputs can win, swept in floats: an output is looked at
// only beside those tokens at the last but one place that leave it a chance, and among the tokens at the last
// place that it may win with. That decides nearly everything; the rest is decided in doubles as elsewhere.
#include <algorithm>

#include "certify/strategies/brute_force/subtree.hpp"

namespace maxcert {
namespace {

constexpr std::size_t kManyOutputs = 6;
// Sums of a few floats below this cannot overflow, so no comparison meets a NaN.
constexpr double kFloatLimit = 1e30;

/// Halves, compared side by side, until one is left: a processor does that faster than one after the other.
float largest_of_padding(const float* values) {
    float best[kKernelPadding];
    std::copy(values, values + kKernelPadding, best);
    for (std::size_t half = kKernelPadding / 2; half > 0; half /= 2) {
        for (std::size_t j = 0; j < half; ++j) best[j] = best[j] > best[j + half] ? best[j] : best[j + half];
    }
    return best[0];
}

}  // namespace

void Subtree::round_columns() {
    const std::size_t n = outputs_.size();
    coarse_ = n >= kManyOutputs && free_ >= 2;
    for (const End end : kBothEnds) {
        const auto& largest = largest_[end].with_m;
        coarse_ =
            coarse_ && std::all_of(largest.begin(), largest.end(), [](double l) { return l < kFloatLimit; });
    }
    if (!coarse_) return;
    coarse_worst_.resize(stride_), coarse_surest_.resize(stride_);
    // The last two places are among the last three positions.
    const std::size_t from = (free_ - std::min<std::size_t>(free_, 3)) * n * stride_;
    for (const End end : kBothEnds) {
        coarse_columns_[end].resize(columns_[end].size());
        for (std::size_t j = from; j < columns_[end].size(); ++j) {
            coarse_columns_[end][j] = static_cast<float>(columns_[end][j]);  // rounds upward
        }
    }
    const std::vector<float>& upper = coarse_columns_.upper;
    coarse_most_.resize(upper.size() / kKernelPadding);
    for (std::size_t j = from; j < upper.size(); j += kKernelPadding) {
        coarse_most_[j / kKernelPadding] = largest_of_padding(&upper[j]);
    }
}

/// Level d, the last but one, has its sums.
void Subtree::prepare_coarse(std::size_t d) {
    const OutputSums& sums = levels_[d].sums;
    const std::size_t n = outputs_.size(), blocks = stride_ / kKernelPadding;
    coarse_outputs_.clear();
    for (std::size_t j = 0; j < sums.output.size(); ++j) {
        const std::uint32_t k = sums.output[j];
        const std::size_t own = order_[d].position * n + k, last = order_[d + 1].position * n + k;
        CoarseOutput o;
        for (const End end : kBothEnds) {
            o.own[end] = &coarse_columns_[end][own * stride_];
            o.last[end] = &coarse_columns_[end][last * stride_];
        }
        o.start.upper = static_cast<float>(sums.upper[j]);
        o.start.negated_lower = static_cast<float>(sums.negated_lower[j]);
        o.most = static_cast<float>(rest(End::upper, d + 1, k));
        // Blocks of tokens that even the best token before them lets nowhere near 0 are left out at either
        // end.
        const float best = o.start.upper + static_cast<float>(largest_.upper.with_m[own]);
        const float* most = &coarse_most_[last * blocks];
        std::size_t first = 0, end = blocks;
        while (first < end && best + most[first] < 0) ++first;
        while (first < end && best + most[end - 1] < 0) --end;
        o.first = first * kKernelPadding, o.end = end * kKernelPadding;
        coarse_outputs_.push_back(o);
    }
}

/// Every sequence with token t at place d, the last but one.
void Subtree::sweep_last_coarsely(std::size_t d, std::size_t t) {
    const std::size_t n = order_[d + 1].tokens;
    const Tally tally = kernels_.coarse_sweep(coarse_outputs_.data(), coarse_outputs_.size(), t, n,
                                              coarse_worst_.data(), coarse_surest_.data());
    counts_->right += tally.right;
    counts_->wrong += tally.wrong;
    if (tally.right + tally.wrong == n) return;
    descend(d, t);
    for (std::size_t j = 0; j < n; ++j) {
        if (!(coarse_worst_[j] < 0) && !(coarse_surest_[j] <= 0)) rule_on_sequence(d + 1, j);
    }
}

}  // namespace maxcert
