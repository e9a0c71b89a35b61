// What a check may depend on besides the model and the hints.
#pragma once

#include <functional>
#include <string>

#include "certify/model/margin.hpp"
#include "data/base/cancellation.hpp"

namespace maxcert {

/// How decisions are made: in double intervals with the undecided escalated to MPFR, or all in MPFR.
enum class Arithmetic { filtered, mpfr };

struct Precision {
    Arithmetic arithmetic = Arithmetic::filtered;
    long max_bits = 4096;  ///< precision at which escalation gives up: what is undecided then is not proved
};

/// What the machine gives. It may end a check early, never change what is counted by then.
struct Runtime {
    unsigned threads = 1;
    double time_limit_s = 0;  ///< per strategy; 0: none. Reaching it makes `complete` false
    /// Called now and then by long strategies: share done (0..1) and a note, such as the bracket so far.
    std::function<void(double, const std::string&)> on_progress;

    /// Of work that begins now and may take this share of the time limit.
    Deadline deadline(double share = 1) const {
        return time_limit_s > 0 ? Deadline(share * time_limit_s) : Deadline();
    }
};

struct CheckOptions : Precision, Runtime {
    Margin margin;  ///< in real arithmetic
};

}  // namespace maxcert
