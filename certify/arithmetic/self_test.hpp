// Whether this thread computes as the proofs assume: IEEE 754, rounded as asked, subnormal numbers kept.
#pragma once

#include "data/base/errors.hpp"

namespace maxcert {

/// The processor, an emulator or another library's settings round otherwise than proofs need. Exit code 5.
class ArithmeticError : public Error {
  public:
    explicit ArithmeticError(const std::string& what);
};

/// Computes a few sums, products, quotients, roots, conversions and vector sums whose results are known,
/// rounding upward and downward. Restores the mode found. Throws ArithmeticError naming the operation that
/// went wrong.
void test_arithmetic();

/// The same, once per thread: the guards of the proof core call it (rounding.hpp, WorkingPrecision).
void test_arithmetic_of_this_thread();

/// Throws ArithmeticError unless the control register of this thread keeps subnormal numbers and, where it
/// can be read, rounds in `mode`. Cheap: asked whenever a mode was set.
void check_control_register(int mode);

}  // namespace maxcert
