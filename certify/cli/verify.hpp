// Rechecking certificates, for `maxcert verify` and for maxcert-verify, which is this and the checkers alone.
#pragma once

#include <string>
#include <vector>

#include "certify/cli/weights_file.hpp"

namespace maxcert {

/// Returns the exit code. `arguments` are those after the command; `program` is how the examples call it.
int verify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch,
                   const std::string& program = "maxcert verify");

}  // namespace maxcert
