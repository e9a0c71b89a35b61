// One event's sum on a grid: its terms rounded to the nearest step, and how far off they are (SOUNDNESS T5b).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/arithmetic/ends.hpp"
#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// A number of steps of a grid.
using Step = std::int64_t;
constexpr Step kLowestStep = -(Step{1} << 40);  // a term this low ends all hope: sums stay below 2^38 steps

/// Errors are in substeps, rounded up.
constexpr int kSubsteps = 512;

/// The true sum in steps is the sum of the rounded terms and an error: by upper ends of the terms at most
/// that of End::upper, by lower ends at least less that of End::lower.
class Axis {
  public:
    /// `grid`: about how many steps the sums that may reach 0 are divided into. Only the ends of counts that
    /// are wanted have errors.
    Axis(const RoundUpward& up, const Fillings& fillings, const Event& event, const Ends<bool>& wanted,
         std::size_t grid);

    /// No sum reaches 0.
    bool impossible() const { return impossible_; }
    /// False if terms are too large, or too little is known of them, for this grid.
    bool usable() const { return usable_; }

    /// Terms are numbered position * tokens + token; the last one is the constant.
    Step step(std::size_t term) const { return steps_[term]; }
    /// rho^error, at least.
    double weight(End end, std::size_t term) const { return powers_.data()[kSubsteps + errors_[end][term]]; }

    /// Of `number` prefixes whose rounded terms sum to `sum` and whose rho^errors to `weighted`: at least as
    /// many as are on the other side of 0 than that sum. End::upper: may reach 0 for sum < 0;
    /// End::lower: may not, else.
    double across(End end, Step sum, double number, double weighted) const;

    /// Sums of as many steps or more are too far from 0 for errors to bring them across.
    Step errors_end() const { return static_cast<Step>(tails_.size()); }

    /// Below this no rest, which holds the missing tokens, brings the sum to 0 when i positions are filled,
    /// whatever the errors.
    Step lowest_alive(unsigned missing, std::size_t i) const;

  private:
    bool round_terms(const Event& event);
    bool add_term(double upper, double minus_lower);
    void bound_rests();

    const Fillings& fillings_;
    Ends<bool> wanted_;
    bool usable_ = false, impossible_ = false;
    double inverse_step_ = 0;
    std::vector<Step> steps_;
    Ends<std::vector<int>> errors_;
    Ends<Step> most_errors_;  // what those of all terms come to at most
    // From above, for some rho > 1: rho^(k / kSubsteps - 1), and rho^-n for n steps, as many as errors may
    // come to.
    std::vector<double> powers_, tails_;
    std::vector<Step> max_rest_, loss_[2];  // by the number of positions filled; loss_: by required token
};

}  // namespace maxcert
