// The handler only sets a flag; loops end where it is safe.
#include "data/base/signals.hpp"

#include <csignal>

#include "data/base/cancellation.hpp"

namespace maxcert {
namespace {

void on_signal(int number) {
    request_stop(number);
    std::signal(number, SIG_DFL);  // a second signal does not wait for loops to notice
}

}  // namespace

void install_stop_handlers() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

int stop_exit_code() {
    return stop_requested() ? 128 + stop_signal() : 0;
}

}  // namespace maxcert
