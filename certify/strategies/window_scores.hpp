// Where a window proof gets its attention weights from.
#pragma once

#include <memory>
#include <string>

#include "certify/strategies/window_tables.hpp"
#include "certify/subject.hpp"

namespace maxcert {

/// Enclosures of the attention weights, from whatever the verifier knows of the scores.
class WindowScores {
  public:
    virtual ~WindowScores() = default;

    /// Kept for the subject; in Interval RoundUpward is set inside, in MpfrInterval at the working precision.
    virtual const AttentionRanges<Interval>& intervals(Subject& subject) const = 0;
    virtual const AttentionRanges<MpfrInterval>& mpfr(Subject& subject) const = 0;
    /// Runs the same computation, products included, on the counting number.
    virtual AttentionRanges<Counting> counting(Subject& subject) const = 0;
};

/// The scores multiplied out.
std::unique_ptr<WindowScores> exact_window_scores();

}  // namespace maxcert
