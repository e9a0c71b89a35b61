// Counts read from text.
#pragma once

#include <string>

#include "data/base/counts.hpp"

namespace maxcert {

/// Parses a non-negative decimal integer of at most 15,000 digits; throws std::invalid_argument otherwise.
Count count_from_string(const std::string& decimal);

}  // namespace maxcert
