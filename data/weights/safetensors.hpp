// Weights read from safetensors files with TransformerLens names.
#pragma once

#include <map>
#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

/// Free-form `__metadata__` of a safetensors file: strings by name.
using Metadata = std::map<std::string, std::string>;

/// Reads embed.W_E, pos_embed.W_pos, blocks.0.attn.W_Q/W_K/W_V/W_O ([1,.,.] or [.,.]) and unembed.W_U.
/// What else may be in the file says tensors.hpp; the rest is refused. Throws InputError for anything that
/// is not strictly a valid file: header length, JSON, dtype, shapes, offsets without gaps, finite values.
Weights load_safetensors(const std::string& path, Metadata* metadata = nullptr);

/// The same from bytes in memory; `name` stands for the file in messages.
Weights parse_safetensors(const std::string& bytes, const std::string& name, Metadata* metadata = nullptr);

}  // namespace maxcert
