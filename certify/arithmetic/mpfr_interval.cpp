// Both ends are MPFR numbers rounded by MPFR itself, down below and up above, so nothing here depends on the
// processor's rounding mode. A NaN end stays NaN, and is never certainly anything.
#include "certify/arithmetic/mpfr_interval.hpp"

#include <algorithm>

#include "certify/arithmetic/self_test.hpp"

namespace maxcert {
namespace {

thread_local long precision = 128;
thread_local std::uint64_t operations_done = 0;

void keep_larger(Mpfr& best, const Mpfr& candidate) {
    if (mpfr_nan_p(candidate.get()) != 0 || mpfr_greater_p(candidate.get(), best.get()) != 0)
        best = candidate;
}

void keep_smaller(Mpfr& best, const Mpfr& candidate) {
    if (mpfr_nan_p(candidate.get()) != 0 || mpfr_less_p(candidate.get(), best.get()) != 0) best = candidate;
}

// The four products or quotients of the ends, each rounded both ways.
template <class Operation>
void corners(const MpfrInterval& a, const MpfrInterval& b, Operation operation, Mpfr& lower, Mpfr& upper) {
    Mpfr value;
    mpfr_set_inf(lower.get(), 1);
    mpfr_set_inf(upper.get(), -1);
    for (const Mpfr* x : {&a.lower(), &a.upper()}) {
        for (const Mpfr* y : {&b.lower(), &b.upper()}) {
            operation(value.get(), x->get(), y->get(), MPFR_RNDD);
            keep_smaller(lower, value);
            operation(value.get(), x->get(), y->get(), MPFR_RNDU);
            keep_larger(upper, value);
        }
    }
}

/// MPFR keeps constants and scratch memory per thread; without this they leak with every thread that ends.
struct FreeCacheAtThreadEnd {
    ~FreeCacheAtThreadEnd() { mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); }
    void use() const {}
};
thread_local const FreeCacheAtThreadEnd free_cache;

}  // namespace

long working_precision() {
    return precision;
}

WorkingPrecision::WorkingPrecision(long bits) : before_(precision) {
    test_arithmetic_of_this_thread();  // doubles come in, and ends of intervals go out as doubles
    free_cache.use();                  // a thread_local object exists once it is used
    precision = std::max(bits, 53L);
}
WorkingPrecision::~WorkingPrecision() {
    precision = before_;
}

std::uint64_t MpfrInterval::operations() {
    return operations_done;
}

MpfrInterval MpfrInterval::nan() {
    MpfrInterval r;
    mpfr_set_nan(r.lower_.get());
    mpfr_set_nan(r.upper_.get());
    return r;
}

template <>
MpfrInterval exactly<MpfrInterval>(double value) {
    MpfrInterval r;  // at least 53 bits: no rounding
    mpfr_set_d(r.lower_.get(), value, MPFR_RNDD);
    mpfr_set_d(r.upper_.get(), value, MPFR_RNDU);
    return r;
}

MpfrInterval MpfrInterval::enclosing(const mpq_class& value) {
    MpfrInterval r;
    mpfr_set_q(r.lower_.get(), value.get_mpq_t(), MPFR_RNDD);
    mpfr_set_q(r.upper_.get(), value.get_mpq_t(), MPFR_RNDU);
    return r;
}

MpfrInterval operator-(const MpfrInterval& a) {
    MpfrInterval r;
    mpfr_neg(r.lower_.get(), a.upper_.get(), MPFR_RNDD);
    mpfr_neg(r.upper_.get(), a.lower_.get(), MPFR_RNDU);
    return r;
}

MpfrInterval operator+(const MpfrInterval& a, const MpfrInterval& b) {
    ++operations_done;
    MpfrInterval r;
    mpfr_add(r.lower_.get(), a.lower_.get(), b.lower_.get(), MPFR_RNDD);
    mpfr_add(r.upper_.get(), a.upper_.get(), b.upper_.get(), MPFR_RNDU);
    return r;
}

MpfrInterval operator-(const MpfrInterval& a, const MpfrInterval& b) {
    return a + -b;
}

MpfrInterval operator*(const MpfrInterval& a, const MpfrInterval& b) {
    ++operations_done;
    MpfrInterval r;
    corners(a, b, mpfr_mul, r.lower_, r.upper_);
    return r;
}

MpfrInterval operator/(const MpfrInterval& a, const MpfrInterval& b) {
    ++operations_done;
    if (!(mpfr_sgn(b.lower_.get()) > 0) && !(mpfr_sgn(b.upper_.get()) < 0)) return MpfrInterval::nan();
    if (b.is_nan()) return MpfrInterval::nan();
    MpfrInterval r;
    corners(a, b, mpfr_div, r.lower_, r.upper_);
    return r;
}

MpfrInterval max(const MpfrInterval& a, const MpfrInterval& b) {
    ++operations_done;
    MpfrInterval r = a;
    if (a.is_nan()) return r;
    keep_larger(r.lower_, b.lower_);
    keep_larger(r.upper_, b.upper_);
    return r;
}

MpfrInterval min(const MpfrInterval& a, const MpfrInterval& b) {
    return -max(-a, -b);
}

MpfrInterval hull(const MpfrInterval& a, const MpfrInterval& b) {
    MpfrInterval r = a;
    if (a.is_nan()) return r;
    keep_smaller(r.lower_, b.lower_);
    keep_larger(r.upper_, b.upper_);
    return r;
}

MpfrInterval abs(const MpfrInterval& a) {
    if (a.is_nan() || mpfr_sgn(a.lower_.get()) >= 0) return a;
    if (mpfr_sgn(a.upper_.get()) <= 0) return -a;
    MpfrInterval r = -a;
    keep_larger(r.upper_, a.upper_);
    mpfr_set_zero(r.lower_.get(), 1);
    return r;
}

MpfrInterval exp(const MpfrInterval& a) {
    ++operations_done;
    MpfrInterval r;
    mpfr_exp(r.lower_.get(), a.lower_.get(), MPFR_RNDD);
    mpfr_exp(r.upper_.get(), a.upper_.get(), MPFR_RNDU);
    return r;
}

MpfrInterval sqrt(const MpfrInterval& a) {
    ++operations_done;
    if (a.is_nan() || mpfr_sgn(a.upper_.get()) < 0) return MpfrInterval::nan();
    MpfrInterval r;
    if (mpfr_sgn(a.lower_.get()) > 0) mpfr_sqrt(r.lower_.get(), a.lower_.get(), MPFR_RNDD);
    mpfr_sqrt(r.upper_.get(), a.upper_.get(), MPFR_RNDU);
    return r;
}

MpfrInterval upper_end(const MpfrInterval& a) {
    MpfrInterval r = a;
    r.lower_ = r.upper_;
    return r;
}

MpfrInterval lower_end(const MpfrInterval& a) {
    MpfrInterval r = a;
    r.upper_ = r.lower_;
    return r;
}

bool certainly_negative(const MpfrInterval& a) {
    return !a.is_nan() && mpfr_sgn(a.upper_.get()) < 0;
}
bool certainly_nonnegative(const MpfrInterval& a) {
    return !a.is_nan() && mpfr_sgn(a.lower_.get()) >= 0;
}
bool certainly_at_most(const MpfrInterval& a, const MpfrInterval& b) {
    return !a.is_nan() && !b.is_nan() && mpfr_lessequal_p(a.upper_.get(), b.lower_.get()) != 0;
}
double upper_double(const MpfrInterval& a) {
    return mpfr_get_d(a.upper_.get(), MPFR_RNDU);
}
double lower_double(const MpfrInterval& a) {
    return mpfr_get_d(a.lower_.get(), MPFR_RNDD);
}

}  // namespace maxcert
