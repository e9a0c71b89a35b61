// An outward-rounded interval of doubles. All arithmetic needs RoundUpward in force (rounding.hpp).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "certify/arithmetic/exp.hpp"
#include "certify/arithmetic/number.hpp"
#include "certify/arithmetic/rounding.hpp"

namespace maxcert {

/// [lower, upper], stored as (-lower, upper) so that rounding upward rounds both ends outward.
/// A bound that became NaN stays NaN through every operation and is never "certainly" anything.
class Interval {
  public:
    Interval() = default;  ///< the point 0
    template <class T>
    Interval(T) = delete;  // see number.hpp: use exactly<Interval>(x)

    static std::string key() { return "interval"; }
    static std::uint64_t operations() { return 0; }

    /// From ends known to bound the value. `!(lower <= upper)` gives an interval of NaN.
    static Interval between(double lower, double upper) {
        if (!(lower <= upper)) lower = upper = std::numeric_limits<double>::quiet_NaN();
        return Interval(-lower, upper);
    }

    double lower() const { return -negated_lower_; }
    double upper() const { return upper_; }
    double negated_lower() const { return negated_lower_; }

    friend Interval operator-(Interval a) { return Interval(a.upper_, a.negated_lower_); }
    friend Interval operator+(Interval a, Interval b) {
        return Interval(a.negated_lower_ + b.negated_lower_, a.upper_ + b.upper_);
    }
    friend Interval operator-(Interval a, Interval b) {
        return Interval(a.negated_lower_ + b.upper_, a.upper_ + b.negated_lower_);
    }
    friend Interval operator*(Interval a, Interval b) {
        return corners(a, b, [](double x, double y) { return x * y; });
    }
    friend Interval operator/(Interval a, Interval b) {
        if (!(b.lower() > 0) && !(b.upper() < 0)) return nan();
        return corners(a, b, [](double x, double y) { return x / y; });
    }
    Interval& operator+=(Interval b) { return *this = *this + b; }
    Interval& operator-=(Interval b) { return *this = *this - b; }
    Interval& operator*=(Interval b) { return *this = *this * b; }

    friend Interval max(Interval a, Interval b) {
        return Interval(-largest(-a.negated_lower_, -b.negated_lower_), largest(a.upper_, b.upper_));
    }
    friend Interval min(Interval a, Interval b) { return -max(-a, -b); }
    friend Interval hull(Interval a, Interval b) {
        return Interval(largest(a.negated_lower_, b.negated_lower_), largest(a.upper_, b.upper_));
    }
    friend Interval abs(Interval a) {
        if (a.lower() >= 0) return a;
        if (a.upper() <= 0) return -a;
        return Interval(0.0, largest(a.negated_lower_, a.upper_));
    }
    friend Interval exp(Interval a) { return Interval(-exp_lower(a.lower()), exp_upper(a.upper())); }
    /// Enclosure of sqrt over the non-negative part; NaN for an interval that is all negative.
    friend Interval sqrt(Interval a) {
        if (!(a.upper() >= 0)) return nan();
        const double l = a.lower() > 0 ? a.lower() : 0.0;
        // The hardware rounds sqrt correctly (IEEE 754), here upward; divide to come from below.
        const double from_above = std::sqrt(l);
        const double from_below = from_above > 0 ? -((-l) / from_above) : 0.0;
        return Interval(-from_below, std::sqrt(a.upper_));
    }
    friend Interval upper_end(Interval a) { return Interval(-a.upper_, a.upper_); }
    friend Interval lower_end(Interval a) { return Interval(a.negated_lower_, -a.negated_lower_); }
    friend bool certainly_negative(Interval a) { return a.upper_ < 0 && !std::isnan(a.negated_lower_); }
    friend bool certainly_nonnegative(Interval a) { return a.lower() >= 0 && !std::isnan(a.upper_); }
    friend bool certainly_at_most(Interval a, Interval b) {
        return a.upper_ <= b.lower() && !std::isnan(a.negated_lower_) && !std::isnan(b.upper_);
    }
    friend double upper_double(Interval a) { return a.upper_; }
    friend double lower_double(Interval a) { return a.lower(); }

    /// Ends as stored, (-lower, upper), for kernels that keep them in arrays of their own.
    static Interval from_stored(double negated_lower, double upper) { return Interval(negated_lower, upper); }

  private:
    Interval(double negated_lower, double upper) : negated_lower_(negated_lower), upper_(upper) {}

    static Interval nan() {
        const double n = std::numeric_limits<double>::quiet_NaN();
        return Interval(n, n);
    }
    /// Of a product or a quotient of the ends, each rounded both ways: upward, and negated upward.
    template <class Operation>
    static Interval corners(Interval a, Interval b, Operation of) {
        const double al = -a.negated_lower_, ah = a.upper_, bl = -b.negated_lower_, bh = b.upper_;
        return Interval(largest(largest(of(-al, bl), of(-al, bh)), largest(of(-ah, bl), of(-ah, bh))),
                        largest(largest(of(al, bl), of(al, bh)), largest(of(ah, bl), of(ah, bh))));
    }
    /// The larger one; NaN if either is (x86's own max would drop the first).
    static double largest(double a, double b) { return a > b || a != a ? a : b; }

    double negated_lower_ = 0;
    double upper_ = 0;
};

template <>
inline Interval exactly<Interval>(double value) {
    return Interval::between(value, value);
}

}  // namespace maxcert
