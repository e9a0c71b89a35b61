// The rounding mode of the proof core: everything that decides "proved" runs under FE_UPWARD.
#pragma once

#include <cfenv>

#ifndef __FAST_MATH__
#else
#error "directed rounding is meaningless under -ffast-math"
#endif

namespace maxcert {

/// Rounds in `mode` while it lives, then restores the mode found. Checks what it has set: throws
/// ArithmeticError (self_test.hpp) where the processor would round otherwise. Keep its scope free of
/// LibTorch, BLAS, text formatting and searches in plain doubles, which expect round-to-nearest.
class Rounding {
  public:
    explicit Rounding(int mode);
    ~Rounding();
    Rounding(const Rounding&) = delete;
    Rounding& operator=(const Rounding&) = delete;

  private:
    int before_;
};

/// What intervals need (interval.hpp).
class RoundUpward : public Rounding {
  public:
    RoundUpward() : Rounding(FE_UPWARD) {}
};

/// What sums of lower bounds that are kept as plain doubles need.
class RoundDownward : public Rounding {
  public:
    RoundDownward() : Rounding(FE_DOWNWARD) {}
};

}  // namespace maxcert
