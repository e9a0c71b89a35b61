// Counts read from text.
#pragma once

#include <string>

#include "data/base/counts.hpp"

namespace maxcert {

/// Parses a non-negative decimal integer of at most 15,000 digits; throws std::invalid_argument otherwise.
Count count_from_string(const std::string& decimal);

/// Of a whole number that is at most `bound`, and at most `limit`: at most. Infinity and what is no number
/// say nothing.
Count whole_at_most(double bound, const Count& limit);
/// Of a whole number that is at least `bound`, and not negative: at least.
Count whole_at_least(double bound);

}  // namespace maxcert
