// Counts read from text, and as shares.
#pragma once

#include <string>

#include "data/base/counts.hpp"

namespace maxcert {

/// The largest double that is at most part/whole (0 <= part <= whole, whole > 0).
double ratio_rounded_down(const Count& part, const Count& whole);

/// Parses a non-negative decimal integer of at most 15,000 digits; throws std::invalid_argument otherwise.
Count count_from_string(const std::string& decimal);

/// Of a whole number that is at most `bound`, and at most `limit`: at most. Infinity and what is no number
/// say nothing.
Count whole_at_most(double bound, const Count& limit);
/// Of a whole number that is at least `bound`, and not negative: at least.
Count whole_at_least(double bound);

}  // namespace maxcert
