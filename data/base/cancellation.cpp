// Loops look at the flag and at the clock where ending is safe.
#include "data/base/cancellation.hpp"

#include <csignal>

namespace maxcert {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

constexpr std::size_t kOperationsPerLook = 1 << 14;
thread_local const Deadline* current_deadline = nullptr;
thread_local std::size_t operations_since_look = 0;

}  // namespace

void request_stop(int signal) {
    signal_seen = signal;
}

int stop_signal() {
    return signal_seen;
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

bool time_over() {
    return current_deadline != nullptr && (stop_requested() || current_deadline->passed());
}

void checkpoint(std::size_t operations) {
    operations_since_look += operations;
    if (operations_since_look < kOperationsPerLook) return;
    operations_since_look = 0;
    if (time_over()) throw TimeOver();
}

}  // namespace maxcert
