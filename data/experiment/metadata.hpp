// What a weights file says of itself.
#pragma once

#include <cstdint>

#include "data/base/json.hpp"
#include "data/experiment/config.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {

/// A configuration as JSON: name, shape, training, hash and program.
Json describe(const Config& config);

/// The metadata of the weights of one seed: everything that decides their bits. `maxcert train` and `maxcert
/// run` both write this.
Metadata weights_metadata(const Config& config, std::uint64_t seed, const Json& environment);

}  // namespace maxcert
