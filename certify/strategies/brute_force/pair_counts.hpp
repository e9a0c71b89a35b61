// How many pairs of terms, one of either of two positions, stay below a number: looked up instead of counted
// again for every prefix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace maxcert {

/// The sums of all pairs, put into bins by size: a count looks at the sums of one bin.
class PairCounts {
  public:
    /// Of a[s] + b[t], rounded as the mode in force says, for s < as and t < bs; neither is empty, and all
    /// sums are finite.
    void make(const double* a, std::size_t as, const double* b, std::size_t bs);

    std::size_t size() const { return sums_.size(); }
    /// How many sums are below x, exactly. x must not be NaN, and the rounding mode that of make().
    std::size_t below(double x) const;

  private:
    /// Never smaller for a larger x: every step keeps the order, however it is rounded.
    std::size_t bin(double x) const;

    double base_ = 0, scale_ = 0;
    std::vector<std::uint32_t> start_, bin_of_;  // by bin, and one more; scratch
    std::vector<double> sums_;                   // bin by bin
};

}  // namespace maxcert
