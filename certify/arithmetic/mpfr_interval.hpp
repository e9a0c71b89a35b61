// An outward-rounded interval of MPFR numbers: the reference arithmetic, at any precision.
#pragma once

#include <gmpxx.h>
#include <mpfr.h>

#include <cstdint>
#include <string>

#include "certify/arithmetic/number.hpp"

namespace maxcert {

/// Precision, in bits, of every MpfrInterval that this thread makes; at least 53.
long working_precision();

/// Sets the working precision while it lives.
class WorkingPrecision {
  public:
    explicit WorkingPrecision(long bits);
    ~WorkingPrecision();
    WorkingPrecision(const WorkingPrecision&) = delete;
    WorkingPrecision& operator=(const WorkingPrecision&) = delete;

  private:
    long before_;
};

/// One mpfr_t, freed when it dies.
class Mpfr {
  public:
    Mpfr() { mpfr_init2(value_, static_cast<mpfr_prec_t>(working_precision())), mpfr_set_zero(value_, 1); }
    Mpfr(const Mpfr& o) {
        mpfr_init2(value_, mpfr_get_prec(o.value_)), mpfr_set(value_, o.value_, MPFR_RNDN);
    }
    Mpfr(Mpfr&& o) noexcept {
        mpfr_init2(value_, MPFR_PREC_MIN);
        mpfr_swap(value_, o.value_);
    }
    Mpfr& operator=(const Mpfr& o) {
        if (this == &o) return *this;
        mpfr_set_prec(value_, mpfr_get_prec(o.value_));
        mpfr_set(value_, o.value_, MPFR_RNDN);
        return *this;
    }
    Mpfr& operator=(Mpfr&& o) noexcept {
        mpfr_swap(value_, o.value_);
        return *this;
    }
    ~Mpfr() { mpfr_clear(value_); }

    mpfr_ptr get() { return value_; }
    mpfr_srcptr get() const { return value_; }

  private:
    mpfr_t value_;
};

class MpfrInterval {
  public:
    MpfrInterval() = default;  ///< the point 0
    template <class T>
    MpfrInterval(T) = delete;  // see number.hpp: use exactly<MpfrInterval>(x)

    static MpfrInterval enclosing(const mpq_class& value);

    static std::string key() { return "mpfr" + std::to_string(working_precision()); }
    static std::uint64_t operations();

    const Mpfr& lower() const { return lower_; }
    const Mpfr& upper() const { return upper_; }

    friend MpfrInterval operator-(const MpfrInterval& a);
    friend MpfrInterval operator+(const MpfrInterval& a, const MpfrInterval& b);
    friend MpfrInterval operator-(const MpfrInterval& a, const MpfrInterval& b);
    friend MpfrInterval operator*(const MpfrInterval& a, const MpfrInterval& b);
    friend MpfrInterval operator/(const MpfrInterval& a, const MpfrInterval& b);
    MpfrInterval& operator+=(const MpfrInterval& b) { return *this = *this + b; }
    MpfrInterval& operator-=(const MpfrInterval& b) { return *this = *this - b; }
    MpfrInterval& operator*=(const MpfrInterval& b) { return *this = *this * b; }

    friend MpfrInterval max(const MpfrInterval& a, const MpfrInterval& b);
    friend MpfrInterval min(const MpfrInterval& a, const MpfrInterval& b);
    friend MpfrInterval hull(const MpfrInterval& a, const MpfrInterval& b);
    friend MpfrInterval abs(const MpfrInterval& a);
    friend MpfrInterval exp(const MpfrInterval& a);
    friend MpfrInterval sqrt(const MpfrInterval& a);
    friend MpfrInterval upper_end(const MpfrInterval& a);
    friend MpfrInterval lower_end(const MpfrInterval& a);
    friend bool certainly_negative(const MpfrInterval& a);
    friend bool certainly_nonnegative(const MpfrInterval& a);
    friend bool certainly_at_most(const MpfrInterval& a, const MpfrInterval& b);
    friend double upper_double(const MpfrInterval& a);
    friend double lower_double(const MpfrInterval& a);

  private:
    friend MpfrInterval exactly<MpfrInterval>(double value);
    bool is_nan() const { return mpfr_nan_p(lower_.get()) != 0 || mpfr_nan_p(upper_.get()) != 0; }
    static MpfrInterval nan();

    Mpfr lower_, upper_;
};

template <>
MpfrInterval exactly<MpfrInterval>(double value);

}  // namespace maxcert
