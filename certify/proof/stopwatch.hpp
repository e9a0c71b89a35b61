// Wall time, for what a proof says of its search and its check.
#pragma once

#include <chrono>

namespace maxcert {

/// Runs from when it is made.
class Stopwatch {
  public:
    double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};

}  // namespace maxcert
