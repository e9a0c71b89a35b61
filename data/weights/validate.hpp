// Whether what was read is a model at all.
#pragma once

#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

/// Throws InputError naming `file` unless every dimension is in 1..kMaxDimension, every matrix has the size
/// that the shape says, and every entry is finite.
void validate(const Weights& weights, const std::string& file);

}  // namespace maxcert
