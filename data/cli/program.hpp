// What every program's main() does.
#pragma once

#include <functional>

namespace maxcert {

/// The exit code of a program that does `command`, under stop handlers. What `command` throws is printed to
/// stderr after the program's name; an Error gives its own exit code unless a signal stopped the program.
int run_program(const char* program, const std::function<int()>& command);

}  // namespace maxcert
