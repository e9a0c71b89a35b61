// A group's terms laid out for walking its heaviest tokens first (SOUNDNESS T5d): tokens by rank, positions
// by place, the largest terms first, with the extremes that the lighter tokens can still reach.
#pragma once

#include <cstddef>
#include <vector>

#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// Both ends of a number that is not negative, the lower one negated, so that rounding upward serves both.
struct CountEnds {
    double most = 0, negated_least = 0;

    friend CountEnds operator*(const CountEnds& a, const CountEnds& b) {
        return {a.most * b.most, a.negated_least * -b.negated_least};
    }
    /// Of a number that is not negative either.
    friend CountEnds operator-(const CountEnds& a, const CountEnds& b) {
        const double least = a.negated_least + b.most;
        return {a.most + b.negated_least, least < 0 ? least : 0.0};
    }
    friend CountEnds operator+(const CountEnds& a, const CountEnds& b) {
        return {a.most + b.most, a.negated_least + b.negated_least};
    }
};

/// Whether sums, products and counts stay far from overflow, and sets of positions fit a word.
bool heavy_terms_fit(const GroupTerms& terms);

/// `terms` must be known, and fit.
struct HeavyTerms {
    HeavyTerms(const RoundUpward&, const GroupTerms& terms);

    std::size_t outputs, tokens, positions;
    std::size_t rank_of_m = 0;
    bool needs_m;  ///< every filling must contain m

    /// [at(output, rank, place)]; rank = tokens, beyond the lightest token, for the extremes alone.
    std::vector<double> upper, negated_lower;
    /// The largest of these over this rank and all later ones.
    std::vector<double> highest, negated_lowest;
    std::vector<double> constant_upper, negated_constant_lower;  ///< by output
    /// The heaviest term at each place.
    std::vector<double> place_weight;

    std::size_t at(std::size_t output, std::size_t rank, std::size_t place) const {
        return (output * (tokens + 1) + rank) * positions + place;
    }
    /// Ways to fill r places with tokens of this rank and later ones; rank may be tokens.
    const CountEnds& fillings(std::size_t rank, std::size_t r) const {
        return fillings_[rank * (positions + 1) + r];
    }
    /// Of those the ones that contain m, if it is needed.
    CountEnds fillings(std::size_t rank, std::size_t r, bool need_m) const {
        if (!need_m) return fillings(rank, r);
        if (rank > rank_of_m) return {};
        return fillings(rank, r) - fillings(rank + 1, r);
    }

  private:
    std::vector<CountEnds> fillings_;
};

}  // namespace maxcert
