// Counts read from text, and as shares.
#pragma once

#include <string>

#include "data/base/counts.hpp"

namespace maxcert {

/// The largest double that is at most part/whole (0 <= part <= whole, whole > 0).
double ratio_rounded_down(const Count& part, const Count& whole);

/// Parses a non-negative decimal integer of at most 15,000 digits; throws std::invalid_argument otherwise.
Count count_from_string(const std::string& decimal);

}  // namespace maxcert
