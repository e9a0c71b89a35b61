// What `certify`, `run` and `verify` have in common on the command line.
#pragma once

#include "certify/cli/weights_file.hpp"
#include "certify/proof/certify.hpp"
#include "data/cli/command_line.hpp"

namespace maxcert {

/// The options of certification that `certify` and `run` share, and what they say.
void add_certify_options(CommandLine& line);
Options certify_options(const CommandLine& line);

}  // namespace maxcert
