// Weights written as safetensors files.
#pragma once

#include <string>

#include "data/weights/safetensors.hpp"

namespace maxcert {

/// Writes atomically (data/files/files.hpp), under TransformerLens names. Throws InputError for weights that
/// are no model (validate.hpp), Error when the folder cannot be written.
void save_safetensors(const std::string& path, const Weights& weights, const Metadata& metadata);

}  // namespace maxcert
