// A group's terms laid out for walking its heaviest tokens first (SOUNDNESS T5d): tokens by rank, positions
// by place, the largest terms first, with the extremes that the lighter tokens can still reach.
#pragma once

#include <cstddef>
#include <vector>

#include "certify/arithmetic/ends.hpp"
#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// Ends of terms are kept by End, the lower ones negated, so that rounding upward serves both.
struct HeavyTerms {
    /// `group` must be known.
    HeavyTerms(const RoundUpward&, const GroupTerms& group);

    std::size_t outputs, tokens, positions;
    std::size_t rank_of_m = 0;
    bool needs_m;  ///< every filling must contain m

    /// Of terms [at(output, rank, place)], and the largest of these over this rank and all later ones; rank =
    /// tokens, beyond the lightest token, for the extremes alone.
    Ends<std::vector<double>> ends, extremes;
    Ends<std::vector<double>> constants;  ///< by output
    /// The heaviest term at each place.
    std::vector<double> place_weight;

    std::size_t at(std::size_t output, std::size_t rank, std::size_t place) const {
        return (output * (tokens + 1) + rank) * positions + place;
    }
    /// Ways to fill r places with tokens of this rank and later ones; rank may be tokens.
    const Interval& fillings(std::size_t rank, std::size_t r) const {
        return fillings_[rank * (positions + 1) + r];
    }
    /// Of those the ones that contain m, if it is needed.
    Interval fillings(std::size_t rank, std::size_t r, bool need_m) const {
        if (!need_m) return fillings(rank, r);
        if (rank > rank_of_m) return {};
        return fillings(rank, r) - fillings(rank + 1, r);
    }

  private:
    std::vector<Interval> fillings_;
};

}  // namespace maxcert
