// What `certify`, `run` and `verify` have in common on the command line.
#pragma once

#include <functional>
#include <string>

#include "certify/proof/strategy.hpp"
#include "data/cli/command_line.hpp"

namespace maxcert {

/// Reads weights in a format that needs LibTorch.
using TorchLoader = std::function<Weights(const std::string& path)>;

/// The weights in a safetensors file, or in a dict that torch.save wrote. Throws InputError.
Weights load_weights(const std::string& path, const TorchLoader& load_torch);

/// The options of certification that `certify` and `run` share, and what they say.
void add_certify_options(CommandLine& line);
Options certify_options(const CommandLine& line);

}  // namespace maxcert
