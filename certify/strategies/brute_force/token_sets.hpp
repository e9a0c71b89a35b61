// With which tokens at the last place an output wins, looked up by what the other places add up to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/base/target_clones.hpp"

namespace maxcert {

/// An output that can win with two places left.
struct OpenOutput {
    const class TokenSets* sets;
    double upper, negated_lower;                        ///< ends of the sum over all other places
    const double *upper_column, *negated_lower_column;  ///< terms of the last but one
};

/// With which tokens at the last place some output may win, or surely does.
struct TokenVerdicts {
    std::uint64_t possible = 0, sure = 0;
    unsigned not_right = 0, wrong = 0;  ///< numbers of tokens: possible or sure; sure
};

/// For one output and up to 64 tokens: the sets of those whose terms are large enough, by how large that is.
class TokenSets {
  public:
    static constexpr std::size_t kMostTokens = 64;

    /// Ends of the terms of tokens t < n, 1 <= n <= kMostTokens, all finite; rounding upward. The columns
    /// must outlive the sets.
    void make(const double* upper, const double* negated_lower, std::size_t n);

    /// `possible` gets those with which a sum may reach 0 that without the last place is at most `sum`;
    /// `sure` only such with which it surely does if it is at least -`negated_sum` there. Rounds upward.
    MAXCERT_INLINE void add_to(std::uint64_t& possible, std::uint64_t& sure, double sum,
                               double negated_sum) const {
        const Two bins = bins_of(Two{-sum, negated_sum + width_});
        possible |= select(bins[0], [&](std::size_t t) { return !(upper_[t] < -sum); });
        sure |= select(bins[1], [&](std::size_t t) { return negated_lower_[t] + negated_sum <= 0; });
    }

  private:
    typedef double Two __attribute__((vector_size(16)));  // no branches where they are kept in range
    static constexpr double kBins = 4096;

    /// Never smaller for a larger term: every step keeps the order, however it is rounded.
    MAXCERT_INLINE Two bins_of(Two terms) const {
        const Two z = (terms - base_) * scale_, none = {0, 0}, most = {kBins, kBins};
        const Two positive = z > none ? z : none;
        return positive < most ? positive : most;
    }
    /// All of later bins, and those of this one that `fits` says.
    template <class Fits>
    MAXCERT_INLINE std::uint64_t select(double bin, Fits&& fits) const {
        const std::uint64_t* from = from_.data() + static_cast<std::int32_t>(bin);
        std::uint64_t set = from[1];
        for (std::uint64_t here = from[0] & ~set; here != 0; here &= here - 1) {
            if (fits(static_cast<std::size_t>(__builtin_ctzll(here)))) set |= here & -here;
        }
        return set;
    }

    const double *upper_ = nullptr, *negated_lower_ = nullptr;
    double base_ = 0, scale_ = 0;
    double width_ = 0;                 // at least what any upper end is above the lower one
    std::vector<std::uint64_t> from_;  // of tokens with upper ends in this bin or a later one
};

/// With token s at the last but one place. Rounds upward.
TokenVerdicts look_up(const OpenOutput* outputs, std::size_t count, std::size_t s);

}  // namespace maxcert
