// One flag that asks every long loop to end with what it has: SIGINT, SIGTERM or a time limit.
#pragma once

#include <chrono>

namespace maxcert {

/// Installs handlers for SIGINT and SIGTERM that set the flag; a second signal ends the program at once.
void install_stop_handlers();

/// True once SIGINT or SIGTERM has come.
bool stop_requested();

/// 130 or 143 once a signal has come, otherwise 0.
int stop_exit_code();

/// The moment at which a time-limited computation ends; a default one never does.
class Deadline {
  public:
    Deadline() = default;
    explicit Deadline(double seconds_from_now);
    bool passed() const {
        return at_ != std::chrono::steady_clock::time_point::max() && std::chrono::steady_clock::now() >= at_;
    }

  private:
    std::chrono::steady_clock::time_point at_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace maxcert
