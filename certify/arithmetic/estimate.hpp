// A plain double in the interface of number.hpp, for searches: the formulas of a check, evaluated to the
// nearest double, choose its hints. Nothing that it says is proved.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "certify/arithmetic/number.hpp"

namespace maxcert {

class Estimate {
  public:
    Estimate() = default;
    template <class T>
    Estimate(T) = delete;  // see number.hpp: use exactly<Estimate>(x)

    static std::string key() { return "estimate"; }
    static std::uint64_t operations() { return 0; }

    double value() const { return value_; }

    friend Estimate operator-(Estimate a) { return make(-a.value_); }
    friend Estimate operator+(Estimate a, Estimate b) { return make(a.value_ + b.value_); }
    friend Estimate operator-(Estimate a, Estimate b) { return make(a.value_ - b.value_); }
    friend Estimate operator*(Estimate a, Estimate b) { return make(a.value_ * b.value_); }
    friend Estimate operator/(Estimate a, Estimate b) { return make(a.value_ / b.value_); }
    Estimate& operator+=(Estimate b) { return *this = *this + b; }
    Estimate& operator-=(Estimate b) { return *this = *this - b; }
    Estimate& operator*=(Estimate b) { return *this = *this * b; }
    friend Estimate max(Estimate a, Estimate b) { return a.value_ > b.value_ ? a : b; }
    friend Estimate min(Estimate a, Estimate b) { return a.value_ < b.value_ ? a : b; }
    friend Estimate exp(Estimate a) { return make(std::exp(a.value_)); }
    friend Estimate sqrt(Estimate a) { return make(std::sqrt(a.value_)); }
    friend Estimate abs(Estimate a) { return make(std::fabs(a.value_)); }
    friend Estimate hull(Estimate a, Estimate) { return a; }
    friend Estimate upper_end(Estimate a) { return a; }
    friend Estimate lower_end(Estimate a) { return a; }
    friend bool certainly_negative(Estimate a) { return a.value_ < 0; }
    friend bool certainly_nonnegative(Estimate a) { return a.value_ >= 0; }
    friend bool certainly_at_most(Estimate a, Estimate b) { return a.value_ <= b.value_; }
    friend double upper_double(Estimate a) { return a.value_; }
    friend double lower_double(Estimate a) { return a.value_; }

  private:
    friend Estimate exactly<Estimate>(double value);
    static Estimate make(double value) {
        Estimate e;
        e.value_ = value;
        return e;
    }
    double value_ = 0;
};

template <>
inline Estimate exactly<Estimate>(double value) {
    return Estimate::make(value);
}

}  // namespace maxcert
