// The signals that ask the program to end with what it has.
#pragma once

namespace maxcert {

/// Installs handlers for SIGINT and SIGTERM that request a stop (cancellation.hpp); a second signal ends the
/// program at once.
void install_stop_handlers();

/// 130 or 143 once a signal has come, otherwise 0.
int stop_exit_code();

}  // namespace maxcert
