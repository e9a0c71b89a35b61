// Sums are sorted by counting. Those of smaller bins are smaller than x, and those of larger bins larger,
// since bins keep the order; the sums of the bin that x falls into are compared one by one. So a count is
// exact whatever the bins.
#include "certify/strategies/brute_force/pair_counts.hpp"

#include <algorithm>

namespace maxcert {

std::size_t PairCounts::bin(double x) const {
    const double last = static_cast<double>(sums_.size() - 1);
    return static_cast<std::size_t>(std::min(std::max((x - base_) * scale_, 0.0), last));
}

void PairCounts::make(const double* a, std::size_t as, const double* b, std::size_t bs) {
    const auto [least_a, most_a] = std::minmax_element(a, a + as);
    const auto [least_b, most_b] = std::minmax_element(b, b + bs);
    base_ = *least_a + *least_b;
    const double range = (*most_a + *most_b) - base_;
    sums_.resize(as * bs), bin_of_.resize(as * bs);
    scale_ = range > 0 ? std::min(static_cast<double>(sums_.size()) / range, 1e300) : 0;
    start_.assign(sums_.size() + 1, 0);
    for (std::size_t s = 0, j = 0; s < as; ++s) {
        for (std::size_t t = 0; t < bs; ++t, ++j) {
            bin_of_[j] = static_cast<std::uint32_t>(bin(a[s] + b[t]));
            ++start_[bin_of_[j] + 1];
        }
    }
    for (std::size_t k = 1; k < start_.size(); ++k) start_[k] += start_[k - 1];
    for (std::size_t s = 0, j = 0; s < as; ++s) {
        for (std::size_t t = 0; t < bs; ++t, ++j) sums_[start_[bin_of_[j]]++] = a[s] + b[t];
    }
    // Every bin's start has moved to its end, which is where the next one starts.
    std::rotate(start_.begin(), start_.end() - 1, start_.end());
    start_[0] = 0;
}

std::size_t PairCounts::below(double x) const {
    const std::size_t k = bin(x);
    std::size_t n = start_[k];
    for (std::size_t j = start_[k]; j < start_[k + 1]; ++j) n += sums_[j] < x ? 1 : 0;
    return n;
}

}  // namespace maxcert
