// The last two places of a subtree in which many outputs can win: nothing is sorted out before the last
// sweep, which runs in floats. It decides nearly everything; the rest is decided in doubles as elsewhere.
#include <algorithm>
#include <iterator>
#include <numeric>

#include "certify/strategies/brute_force/subtree.hpp"

namespace maxcert {
namespace {

constexpr std::size_t kManyOutputs = 6;
constexpr std::ptrdiff_t kLikely = 8;  // outputs that the sweep looks at first
// Sums of a few floats below this cannot overflow, so no comparison meets a NaN.
constexpr double kFloatLimit = 1e30;

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
    for (const End end : kBothEnds) {
        coarse_columns_[end].resize(columns_[end].size());
        coarse_start_[end].resize(n * stride_);
        coarse_row_[end].resize(n);
        // One of the last two positions comes last.
        for (std::size_t j = (free_ - 2) * n * stride_; j < columns_[end].size(); ++j) {
            coarse_columns_[end][j] = static_cast<float>(columns_[end][j]);  // rounds upward
        }
    }
}

/// Level d, the last but one, has its sums: what each of its tokens makes of them, likely winners first.
void Subtree::prepare_coarse(std::size_t d) {
    const OutputSums& sums = levels_[d].sums;
    const auto [position, tokens, completions] = order_[d];
    coarse_order_.resize(sums.output.size());
    std::iota(coarse_order_.begin(), coarse_order_.end(), 0);
    const auto middle =
        coarse_order_.begin() +
        std::min<std::ptrdiff_t>(kLikely, std::distance(coarse_order_.begin(), coarse_order_.end()));
    std::nth_element(coarse_order_.begin(), middle - 1, coarse_order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return sums.upper[a] > sums.upper[b]; });
    for (const End end : kBothEnds) {
        const std::vector<double>& from = end == End::upper ? sums.upper : sums.negated_lower;
        float* to = coarse_start_[end].data();
        for (std::size_t r = 0; r < coarse_order_.size(); ++r, to += stride_) {
            const std::uint32_t k = sums.output[coarse_order_[r]];
            const double start = from[coarse_order_[r]], *row = column(end, position, k);
            for (std::size_t t = 0; t < tokens; ++t) to[t] = static_cast<float>(start + row[t]);
            coarse_row_[end][r] =
                coarse_columns_[end].data() + (order_[d + 1].position * outputs_.size() + k) * stride_;
        }
    }
}

/// Every sequence with token t at place d, the last but one.
void Subtree::sweep_last_coarsely(std::size_t d, std::size_t t) {
    const std::size_t n = order_[d + 1].tokens;
    kernels_.coarse_sweep(coarse_row_.upper.data(), coarse_start_.upper.data() + t,
                          coarse_row_.negated_lower.data(), coarse_start_.negated_lower.data() + t, stride_,
                          levels_[d].sums.output.size(), n, coarse_worst_.data(), coarse_surest_.data());
    std::size_t right = 0, wrong = 0;
    for (std::size_t j = 0; j < n; ++j) {
        right += coarse_worst_[j] < 0 ? 1 : 0;
        wrong += coarse_surest_[j] <= 0 ? 1 : 0;
    }
    counts_->right += right;
    counts_->wrong += wrong;
    if (right + wrong == n) return;
    descend(d, t);
    for (std::size_t j = 0; j < n; ++j) {
        if (!(coarse_worst_[j] < 0) && !(coarse_surest_[j] <= 0)) rule_on_sequence(d + 1, j);
    }
}

}  // namespace maxcert
