// A model's weights as a Coq file (certify/formal/Weights.v): the 32-bit patterns, and what Coq must be told
// of them.
#pragma once

#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

/// The text of Bits.v, which defines `bits : weights`, the patterns of all matrices row by row. `heading`
/// becomes its first comment. certify/formal/same_weights compares such a file with a safetensors file.
std::string coq_bits(const Weights& weights, const std::string& heading);

}  // namespace maxcert
