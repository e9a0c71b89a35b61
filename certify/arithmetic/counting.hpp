// A number without a value that counts what the verifier computes with it: the proof length.
#pragma once

#include <cstdint>
#include <string>

#include "certify/arithmetic/number.hpp"

namespace maxcert {

/// One operation each: + - * / exp sqrt abs, max/min and every comparison. Negation, hull and taking an end
/// are free: they are bookkeeping of the enclosure, not work of the proof. Every test passes, as in a proof
/// that holds, so the count does not depend on values.
class Counting {
  public:
    Counting() = default;
    template <class T>
    Counting(T) = delete;  // see number.hpp: use exactly<Counting>(x)

    static std::string key() { return "counting"; }
    static std::uint64_t operations() { return count; }
    static void reset() { count = 0; }

    friend Counting operator-(Counting a) { return a; }
    friend Counting operator+(Counting, Counting) { return one(); }
    friend Counting operator-(Counting, Counting) { return one(); }
    friend Counting operator*(Counting, Counting) { return one(); }
    friend Counting operator/(Counting, Counting) { return one(); }
    Counting& operator+=(Counting) { return ++count, *this; }
    Counting& operator-=(Counting) { return ++count, *this; }
    Counting& operator*=(Counting) { return ++count, *this; }
    friend Counting max(Counting, Counting) { return one(); }
    friend Counting min(Counting, Counting) { return one(); }
    friend Counting exp(Counting) { return one(); }
    friend Counting sqrt(Counting) { return one(); }
    friend Counting abs(Counting) { return one(); }
    friend Counting hull(Counting a, Counting) { return a; }
    friend Counting upper_end(Counting a) { return a; }
    friend Counting lower_end(Counting a) { return a; }
    friend bool certainly_negative(Counting) { return ++count, true; }
    friend bool certainly_nonnegative(Counting) { return ++count, true; }
    friend bool certainly_at_most(Counting, Counting) { return ++count, true; }
    friend double upper_double(Counting) { return 0; }
    friend double lower_double(Counting) { return 0; }

  private:
    friend Counting exactly<Counting>(double);
    static Counting one() { return ++count, Counting(); }
    static thread_local std::uint64_t count;
};

inline thread_local std::uint64_t Counting::count = 0;

template <>
inline Counting exactly<Counting>(double) {
    return Counting();
}

}  // namespace maxcert
