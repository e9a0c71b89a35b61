// The rounding mode of the proof core: everything that decides "proved" runs under FE_UPWARD.
#pragma once

#include <cfenv>

#ifndef __FAST_MATH__
#else
#error "directed rounding is meaningless under -ffast-math"
#endif

namespace maxcert {

/// Rounds upward while it lives, then restores the mode found. Keep its scope free of LibTorch, BLAS, text
/// formatting and searches in plain doubles, which expect round-to-nearest.
class RoundUpward {
  public:
    RoundUpward() : before_(std::fegetround()) { std::fesetround(FE_UPWARD); }
    ~RoundUpward() { std::fesetround(before_); }
    RoundUpward(const RoundUpward&) = delete;
    RoundUpward& operator=(const RoundUpward&) = delete;

  private:
    int before_;
};

}  // namespace maxcert
