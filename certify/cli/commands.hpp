// The commands of the certification room.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "certify/proof/strategy.hpp"
#include "data/cli/command_line.hpp"

namespace maxcert {

/// Reads weights in a format that needs LibTorch.
using TorchLoader = std::function<Weights(const std::string& path)>;

/// The weights in a safetensors file, or in a dict that torch.save wrote. Throws InputError.
Weights load_weights(const std::string& path, const TorchLoader& load_torch);

/// Each returns the exit code. `arguments` are those after the command's name.
int certify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch);
int verify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch);
int failures_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch);
int strategies_command(const std::vector<std::string>& arguments);

/// Name and version of every library that certification uses.
std::vector<std::pair<std::string, std::string>> certify_library_versions();

/// The options of certification that `certify` and `run` share, and what they say.
void add_certify_options(CommandLine& line);
Options certify_options(const CommandLine& line);

}  // namespace maxcert
