// The command of the training room.
#pragma once

#include <string>
#include <vector>

namespace maxcert {

/// `maxcert train`; returns the exit code. Prints one JSON object a model, a line each.
int train_command(const std::vector<std::string>& arguments);

}  // namespace maxcert
