// The models of tests/golden, whose answers are known.
#pragma once

#include <string>

#include "data/weights/safetensors.hpp"

namespace maxcert {

/// Throws InputError if tests/golden has no model with this name.
inline Weights golden(const std::string& name) {
    return load_safetensors(std::string(MAXCERT_GOLDEN) + "/" + name + ".safetensors");
}

}  // namespace maxcert
