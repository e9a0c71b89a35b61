// The rounding mode of the proof core: everything that decides "proved" runs under FE_UPWARD.
#pragma once

#include <cfenv>
#include <type_traits>

#ifndef __FAST_MATH__
#else
#error "directed rounding is meaningless under -ffast-math"
#endif

namespace maxcert {

class Interval;

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

/// What intervals need (interval.hpp). Functions and classes that compute with double intervals, or with ends
/// of them, take one as a parameter, so that nobody calls them without; it has to outlive the objects.
class RoundUpward : public Rounding {
  public:
    explicit RoundUpward() : Rounding(FE_UPWARD) {}
};

/// The guard of number types to which the rounding mode does not matter.
struct AnyRounding {
    AnyRounding() {}  // not defaulted: a guard that is declared and not used would be warned about
};

/// In force while a check runs on N.
template <class N>
using RoundingFor = std::conditional_t<std::is_same_v<N, Interval>, RoundUpward, AnyRounding>;

}  // namespace maxcert
