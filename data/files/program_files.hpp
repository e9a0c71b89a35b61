// Files that belong to the program: beside its build folder, or under share/ once it is installed.
#pragma once

#include <string>

namespace maxcert {

/// Where `relative` (such as configs/smoke.cfg) is; empty when in neither place.
std::string program_file(const std::string& relative);

}  // namespace maxcert
