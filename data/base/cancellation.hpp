// One flag that asks every long loop to end with what it has: SIGINT, SIGTERM or a time limit.
#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>

namespace maxcert {

/// Sets the flag: all that a signal handler may do.
void request_stop(int signal);

/// The signal that has come, or 0.
int stop_signal();
inline bool stop_requested() {
    return stop_signal() != 0;
}

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

/// What checkpoint() throws.
class TimeOver : public std::runtime_error {
  public:
    TimeOver() : std::runtime_error("the time limit has passed") {}
};

/// While it lives, checkpoint() of this thread (and of the helpers of its parallel_for) throws TimeOver once
/// the deadline has passed or a stop was requested. An inner limit takes the place of an outer one.
class TimeLimit {
  public:
    explicit TimeLimit(const Deadline& deadline);
    ~TimeLimit();
    TimeLimit(const TimeLimit&) = delete;
    TimeLimit& operator=(const TimeLimit&) = delete;

    /// The innermost one of this thread; nullptr where there is none.
    static const Deadline* current();

  private:
    Deadline deadline_;
    const Deadline* before_;
};

/// Whether this thread's TimeLimit has passed, or a stop was requested under one.
bool time_over();

/// To be called from every long loop with about the number of operations since the last call: looks at the
/// clock once in some ten thousand.
void checkpoint(std::size_t operations);

/// Does `work()`; false if it ended by TimeOver.
template <class Work>
bool within_time(Work&& work) {
    try {
        work();
        return true;
    } catch (const TimeOver&) {
        return false;
    }
}

}  // namespace maxcert
