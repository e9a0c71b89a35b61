// The name by which files and certificates speak of weights.
#pragma once

#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

/// Hex SHA-256 of the shape (little-endian u32: n_ctx, d_vocab, d_model, d_head) and then of the
/// little-endian float32 bytes of W_E, W_pos, W_Q, W_K, W_V, W_O, W_U. Independent of the file format.
std::string sha256_of(const Weights& weights);

}  // namespace maxcert
