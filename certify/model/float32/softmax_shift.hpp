// How far errors of the scores can move what a softmax averages.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "certify/arithmetic/rounding.hpp"

namespace maxcert {

/// A choice that attention may fall on: its logit lies in [low, high], its score is off by at most `error`.
struct Attended {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    double error = 0;
};

/// Bounds |Σ (p'_i - p_i) f_i| over all softmax weights p on the choices and all scores off by at most
/// error + `extra`. With weights p e^{sλ} / Σ, s from 0 to 1, the mean of f moves at the rate of the
/// covariance Cov(λ, f) under them, and |Cov(λ, f)| <= Σ p_i |λ_i| |f_i - mean|: for a given mean that is
/// linear in p, so largest on two choices at even weights, (f_a - f_b)(λ_a + λ_b)/4. Needs finite
/// choices.
///
/// Only choices that no other beats in both logit and error need to be paired.
inline double shift_of_mean(const RoundUpward&, std::vector<Attended> choices, double extra) {
    std::sort(choices.begin(), choices.end(),
              [](const Attended& a, const Attended& b) { return a.error > b.error; });
    std::vector<Attended> high, low;
    for (const Attended& a : choices) {
        if (high.empty() || a.high > high.back().high) high.push_back(a);
        if (low.empty() || a.low < low.back().low) low.push_back(a);
    }
    double most = 0;
    for (const Attended& a : high) {
        for (const Attended& b : low) {
            most = std::max(most, (a.high - b.low) * ((a.error + extra) + (b.error + extra)));
        }
    }
    return most / 4;
}

}  // namespace maxcert
