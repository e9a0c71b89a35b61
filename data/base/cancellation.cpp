// The handler only sets a flag, which is all that a signal handler may do; loops look at it where ending is
// safe.
#include "data/base/cancellation.hpp"

#include <csignal>

namespace maxcert {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

constexpr std::size_t kOperationsPerLook = 1 << 14;
thread_local const Deadline* current_deadline = nullptr;
thread_local std::size_t operations_since_look = 0;

void on_signal(int number) {
    signal_seen = number;
    std::signal(number, SIG_DFL);  // a second signal does not wait for loops to notice
}

}  // namespace

void install_stop_handlers() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

bool stop_requested() {
    return signal_seen != 0;
}

int stop_exit_code() {
    return signal_seen == 0 ? 0 : 128 + static_cast<int>(signal_seen);
}

Deadline::Deadline(double seconds_from_now)
    : at_(std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                 std::chrono::duration<double>(seconds_from_now))) {}

TimeLimit::TimeLimit(const Deadline& deadline) : deadline_(deadline), before_(current_deadline) {
    current_deadline = &deadline_;
}

TimeLimit::~TimeLimit() {
    current_deadline = before_;
}

const Deadline* TimeLimit::current() {
    return current_deadline;
}

void checkpoint(std::size_t operations) {
    operations_since_look += operations;
    if (operations_since_look < kOperationsPerLook) return;
    operations_since_look = 0;
    if (current_deadline != nullptr && (stop_requested() || current_deadline->passed())) throw TimeOver();
}

}  // namespace maxcert
