// An outward-rounded interval of MPFR numbers: the reference arithmetic, at any precision. MPFR itself rounds
// both ends, down below and up above, so nothing here depends on the processor's rounding mode. A NaN end
// stays NaN, and is never certainly anything.
#pragma once

#include <gmpxx.h>
#include <mpfr.h>

#include <cstdint>
#include <string>
#include <utility>

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

    static MpfrInterval enclosing(const mpq_class& value) {
        MpfrInterval r;
        mpfr_set_q(r.lower_.get(), value.get_mpq_t(), MPFR_RNDD);
        mpfr_set_q(r.upper_.get(), value.get_mpq_t(), MPFR_RNDU);
        return r;
    }

    static std::string key() { return "mpfr" + std::to_string(working_precision()); }
    static std::uint64_t operations() { return operations_done; }

    const Mpfr& lower() const { return lower_; }
    const Mpfr& upper() const { return upper_; }

    friend MpfrInterval operator-(const MpfrInterval& a) {
        MpfrInterval r;
        mpfr_neg(r.lower_.get(), a.upper_.get(), MPFR_RNDD);
        mpfr_neg(r.upper_.get(), a.lower_.get(), MPFR_RNDU);
        return r;
    }
    friend MpfrInterval operator+(const MpfrInterval& a, const MpfrInterval& b) {
        ++operations_done;
        MpfrInterval r;
        mpfr_add(r.lower_.get(), a.lower_.get(), b.lower_.get(), MPFR_RNDD);
        mpfr_add(r.upper_.get(), a.upper_.get(), b.upper_.get(), MPFR_RNDU);
        return r;
    }
    friend MpfrInterval operator-(const MpfrInterval& a, const MpfrInterval& b) { return a + -b; }
    friend MpfrInterval operator*(const MpfrInterval& a, const MpfrInterval& b) {
        return corners(a, b, mpfr_mul);
    }
    friend MpfrInterval operator/(const MpfrInterval& a, const MpfrInterval& b) {
        const bool nonzero = mpfr_sgn(b.lower_.get()) > 0 || mpfr_sgn(b.upper_.get()) < 0;
        return corners(a, nonzero && !b.is_nan() ? b : nan(), mpfr_div);
    }
    MpfrInterval& operator+=(const MpfrInterval& b) { return *this = *this + b; }
    MpfrInterval& operator-=(const MpfrInterval& b) { return *this = *this - b; }
    MpfrInterval& operator*=(const MpfrInterval& b) { return *this = *this * b; }

    friend MpfrInterval max(const MpfrInterval& a, const MpfrInterval& b) {
        ++operations_done;
        MpfrInterval r = a;
        if (a.is_nan()) return r;
        keep_larger(r.lower_, b.lower_);
        keep_larger(r.upper_, b.upper_);
        return r;
    }
    friend MpfrInterval min(const MpfrInterval& a, const MpfrInterval& b) { return -max(-a, -b); }
    friend MpfrInterval hull(const MpfrInterval& a, const MpfrInterval& b) {
        MpfrInterval r = a;
        if (a.is_nan()) return r;
        keep_smaller(r.lower_, b.lower_);
        keep_larger(r.upper_, b.upper_);
        return r;
    }
    friend MpfrInterval abs(const MpfrInterval& a) {
        if (a.is_nan() || mpfr_sgn(a.lower_.get()) >= 0) return a;
        MpfrInterval r = -a;
        keep_larger(r.lower_, Mpfr());
        keep_larger(r.upper_, a.upper_);
        return r;
    }
    friend MpfrInterval exp(const MpfrInterval& a) {
        ++operations_done;
        MpfrInterval r;
        mpfr_exp(r.lower_.get(), a.lower_.get(), MPFR_RNDD);
        mpfr_exp(r.upper_.get(), a.upper_.get(), MPFR_RNDU);
        return r;
    }
    /// Of the non-negative part; NaN for an interval that is all negative.
    friend MpfrInterval sqrt(const MpfrInterval& a) {
        ++operations_done;
        if (a.is_nan() || mpfr_sgn(a.upper_.get()) < 0) return nan();
        MpfrInterval r;
        if (mpfr_sgn(a.lower_.get()) > 0) mpfr_sqrt(r.lower_.get(), a.lower_.get(), MPFR_RNDD);
        mpfr_sqrt(r.upper_.get(), a.upper_.get(), MPFR_RNDU);
        return r;
    }
    friend MpfrInterval upper_end(const MpfrInterval& a) { return {a.upper_, a.upper_}; }
    friend MpfrInterval lower_end(const MpfrInterval& a) { return {a.lower_, a.lower_}; }

    friend bool certainly_negative(const MpfrInterval& a) {
        return !a.is_nan() && mpfr_sgn(a.upper_.get()) < 0;
    }
    friend bool certainly_nonnegative(const MpfrInterval& a) {
        return !a.is_nan() && mpfr_sgn(a.lower_.get()) >= 0;
    }
    friend bool certainly_at_most(const MpfrInterval& a, const MpfrInterval& b) {
        return !a.is_nan() && !b.is_nan() && mpfr_lessequal_p(a.upper_.get(), b.lower_.get()) != 0;
    }
    friend double upper_double(const MpfrInterval& a) { return mpfr_get_d(a.upper_.get(), MPFR_RNDU); }
    friend double lower_double(const MpfrInterval& a) { return mpfr_get_d(a.lower_.get(), MPFR_RNDD); }

  private:
    friend MpfrInterval exactly<MpfrInterval>(double value);
    MpfrInterval(Mpfr lower, Mpfr upper) : lower_(std::move(lower)), upper_(std::move(upper)) {}

    bool is_nan() const { return mpfr_nan_p(lower_.get()) != 0 || mpfr_nan_p(upper_.get()) != 0; }
    static MpfrInterval nan() {
        MpfrInterval r;
        mpfr_set_nan(r.lower_.get());
        mpfr_set_nan(r.upper_.get());
        return r;
    }
    static void keep_larger(Mpfr& best, const Mpfr& candidate) {
        if (mpfr_nan_p(candidate.get()) != 0 || mpfr_greater_p(candidate.get(), best.get()) != 0)
            best = candidate;
    }
    static void keep_smaller(Mpfr& best, const Mpfr& candidate) {
        if (mpfr_nan_p(candidate.get()) != 0 || mpfr_less_p(candidate.get(), best.get()) != 0)
            best = candidate;
    }
    /// Of a product or a quotient of the ends, each rounded both ways.
    template <class Operation>
    static MpfrInterval corners(const MpfrInterval& a, const MpfrInterval& b, Operation of) {
        ++operations_done;
        Mpfr value;
        MpfrInterval r;
        mpfr_set_inf(r.lower_.get(), 1);
        mpfr_set_inf(r.upper_.get(), -1);
        for (const Mpfr* x : {&a.lower_, &a.upper_}) {
            for (const Mpfr* y : {&b.lower_, &b.upper_}) {
                of(value.get(), x->get(), y->get(), MPFR_RNDD);
                keep_smaller(r.lower_, value);
                of(value.get(), x->get(), y->get(), MPFR_RNDU);
                keep_larger(r.upper_, value);
            }
        }
        return r;
    }

    inline static thread_local std::uint64_t operations_done = 0;
    Mpfr lower_, upper_;
};

/// At least 53 bits hold any double without rounding.
template <>
inline MpfrInterval exactly<MpfrInterval>(double value) {
    MpfrInterval r;
    mpfr_set_d(r.lower_.get(), value, MPFR_RNDD);
    r.upper_ = r.lower_;
    return r;
}

}  // namespace maxcert
