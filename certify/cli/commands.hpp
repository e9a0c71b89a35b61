// The commands of certification.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "certify/cli/options.hpp"

namespace maxcert {

/// Each returns the exit code. `arguments` are those after the command's name.
int certify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch);
int failures_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch);
int formalize_command(const std::vector<std::string>& arguments);
int strategies_command(const std::vector<std::string>& arguments);

/// Name and version of every library that certification uses.
std::vector<std::pair<std::string, std::string>> certify_library_versions();

}  // namespace maxcert
