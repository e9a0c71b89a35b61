// Weights from a file of either kind.
#pragma once

#include <functional>
#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

/// Reads weights in a format that needs LibTorch.
using TorchLoader = std::function<Weights(const std::string& path)>;

/// The weights in a safetensors file, or in a dict that torch.save wrote. Throws InputError.
Weights load_weights(const std::string& path, const TorchLoader& load_torch);

}  // namespace maxcert
