// Offsets put the terms of most tokens on the grid, where they have no error.
#include "certify/strategies/bracket/grid/axis.hpp"

#include <algorithm>
#include <cmath>

#include "certify/strategies/bracket/grid/offset.hpp"

namespace maxcert {
namespace {

constexpr double kHighest = 0x1p38;
constexpr double kOffsetRange = 0x1p24;  // steps below the largest term: no offset is lower
constexpr double kSteepest = 8;          // logarithm of rho, at most

double squared_error(double z) {
    const double error = z - static_cast<double>(ceiling(z - 0.5));
    return error * error;
}

}  // namespace

Axis::Axis(const RoundUpward&, const Fillings& fillings, const Event& event, const Ends<bool>& wanted,
           std::size_t grid)
    : fillings_(fillings), wanted_(wanted) {
    const double excess = largest_sum(fillings, event.upper, event.constant_upper);
    impossible_ = excess < 0;
    if (impossible_ || !(excess < 1e300)) return;
    int exponent = 0;
    std::frexp(std::max(excess, 0x1p-900) / static_cast<double>(grid), &exponent);
    inverse_step_ = std::ldexp(1.0, -exponent);  // a power of two, so that dividing by it is exact
    usable_ = round_terms(event);
    if (usable_) bound_rests();
}

/// Terms less an offset for each position, which the constant takes over; false if they are too large.
bool Axis::round_terms(const Event& event) {
    const std::size_t tokens = fillings_.tokens();
    double constant_upper = event.constant_upper, minus_lower = -event.constant_lower;
    double highest = 0;   // in steps, what all terms come to at most
    double variance = 0;  // of the error, in steps, if all tokens were as likely
    std::vector<double> row(tokens);
    for (std::size_t i = 0; i < fillings_.positions(); ++i) {
        const double *upper = event.upper.data() + i * tokens, *lower = event.lower.data() + i * tokens;
        const double largest = *std::max_element(upper, upper + tokens);
        const double lowest = largest - kOffsetRange / inverse_step_;
        for (std::size_t t = 0; t < tokens; ++t) row[t] = std::max(upper[t], lowest);
        const double offset = best_offset(row, inverse_step_, tokens / 6 + 1, squared_error);
        constant_upper += offset;
        minus_lower -= offset;
        highest += std::max(0.0, (largest - offset) * inverse_step_ + 1);
        if (!(highest < kHighest)) return false;
        Ends<int> most_error;
        double squares = 0;
        for (std::size_t t = 0; t < tokens; ++t) {
            if (!add_term(upper[t] - offset, offset - lower[t])) return false;
            for (const End end : kBothEnds) {
                most_error[end] = std::max(most_error[end], errors_[end].back());
            }
            const double error = errors_[wanted_.upper ? End::upper : End::lower].back();
            squares += error * error;
        }
        for (const End end : kBothEnds) most_errors_[end] += most_error[end];
        variance += squares / static_cast<double>(tokens * kSubsteps * kSubsteps);
    }
    highest += std::max(0.0, constant_upper * inverse_step_ + 1);
    if (!(highest < kHighest) || !add_term(constant_upper, minus_lower)) return false;
    for (const End end : kBothEnds) most_errors_[end] += std::max(0, errors_[end].back());
    // The steepness that bounds the tails of a normal error best.
    const double steepness = std::min(std::sqrt(2 / std::max(variance, 1e-9)), kSteepest);
    const double rho = std::exp(steepness / kSubsteps), inverse = 1 / rho;
    powers_.assign(2 * kSubsteps + 1, 1.0);
    for (std::size_t k = 0; k < kSubsteps; ++k) {
        powers_[kSubsteps + k + 1] = powers_[kSubsteps + k] * rho;
        powers_[kSubsteps - k - 1] = powers_[kSubsteps - k] * inverse;
    }
    tails_.assign(1, 1.0);
    while (tails_.size() * kSubsteps <=
           static_cast<std::size_t>(std::max(most_errors_.upper, most_errors_.negated_lower))) {
        tails_.push_back(tails_.back() * powers_[0]);
    }
    return true;
}

/// Appends a term, of which upper and lower ends are given; false if its errors are not small.
bool Axis::add_term(double upper, double minus_lower) {
    const double scaled = upper * inverse_step_;
    const bool hopeless = scaled < static_cast<double>(kLowestStep);
    const Step step = hopeless ? kLowestStep : ceiling(scaled - 0.5);
    steps_.push_back(step);
    const auto nearest = static_cast<double>(step);
    const Ends<double> errors{minus_lower * inverse_step_ + nearest, scaled - nearest};
    for (const End end : kBothEnds) {
        const double substeps = hopeless || !wanted_[end] ? 0 : errors[end] * kSubsteps;
        if (!(std::fabs(substeps) <= kSubsteps)) return false;
        errors_[end].push_back(static_cast<int>(ceiling(substeps)));
    }
    return true;
}

void Axis::bound_rests() {
    const std::size_t n = fillings_.positions(), tokens = fillings_.tokens();
    const auto& required = fillings_.required();
    max_rest_.assign(n + 1, most_errors_[End::upper] / kSubsteps + 1);  // whatever the errors
    for (auto& loss : loss_) loss.assign(n + 1, kLowestStep);
    for (std::size_t i = n; i-- > 0;) {
        const Step* row = steps_.data() + i * tokens;
        const Step high = *std::max_element(row, row + tokens);
        max_rest_[i] = max_rest_[i + 1] + high;
        for (std::size_t k = 0; k < required.size(); ++k) {
            loss_[k][i] = std::max(loss_[k][i + 1], row[required[k]] - high);
        }
    }
}

double Axis::across(End end, Step sum, double number, double weighted) const {
    // Errors are at least -sum, or more than sum.
    const Step least_error = end == End::upper ? -sum * kSubsteps : sum * kSubsteps + 1;
    if (least_error > most_errors_[end]) return 0;
    return std::min(number, tails_[static_cast<std::size_t>(std::abs(sum))] * weighted);
}

Step Axis::lowest_alive(unsigned missing, std::size_t i) const {
    // Tokens that are missing stand at different positions.
    Step rest = max_rest_[i];
    for (std::size_t k = 0; k < fillings_.required().size(); ++k) {
        if ((missing >> k & 1u) != 0) rest += loss_[k][i];
    }
    return -rest;
}

}  // namespace maxcert
