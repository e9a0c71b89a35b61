// exp as 2^k times a table entry times a short Taylor sum, so that every error is accounted for here: libm
// promises none. The constants come from MPFR, rounded the way that keeps the bound, and the bounded
// remainder of the sum is added.
#include "certify/arithmetic/exp.hpp"

#include <mpfr.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace maxcert {
namespace {

constexpr int kSteps = 64;  // table entries per factor of two

struct Tables {
    std::array<double, kSteps> power;  // 2^(j/64), rounded up
    double head;                       // ln2/64 to 32 bits: k*head is exact for |k| < 2^20
    double tail_low, tail_high;        // enclosure of ln2/64 - head
    double inverse;                    // 64/ln2, any rounding: it only chooses k

    Tables() : power{} {
        mpfr_t x, y;
        mpfr_inits2(256, x, y, static_cast<mpfr_ptr>(nullptr));
        for (int j = 0; j < kSteps; ++j) {
            mpfr_set_si(x, j, MPFR_RNDN);  // exact, like the division by a power of two
            mpfr_div_ui(x, x, kSteps, MPFR_RNDN);
            mpfr_exp2(y, x, MPFR_RNDU);
            power[static_cast<std::size_t>(j)] = mpfr_get_d(y, MPFR_RNDU);
        }
        mpfr_const_log2(x, MPFR_RNDN);
        mpfr_div_ui(x, x, kSteps, MPFR_RNDN);
        mpfr_prec_round(x, 32, MPFR_RNDD);
        head = mpfr_get_d(x, MPFR_RNDN);
        tail_low = tail(x, y, MPFR_RNDD);
        tail_high = tail(x, y, MPFR_RNDU);
        mpfr_const_log2(y, MPFR_RNDN);
        mpfr_ui_div(y, kSteps, y, MPFR_RNDN);
        inverse = mpfr_get_d(y, MPFR_RNDN);
        mpfr_clears(x, y, static_cast<mpfr_ptr>(nullptr));
    }

    static double tail(mpfr_srcptr head_value, mpfr_ptr scratch, mpfr_rnd_t rounding) {
        mpfr_const_log2(scratch, rounding);
        mpfr_div_ui(scratch, scratch, kSteps, rounding);
        mpfr_sub(scratch, scratch, head_value, rounding);
        return mpfr_get_d(scratch, rounding);
    }
};

const Tables tables;

double scale_by_power_of_two(double value, std::int64_t exponent) {
    std::int64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    bits += exponent * (std::int64_t{1} << 52);
    std::memcpy(&value, &bits, sizeof bits);
    return value;
}

}  // namespace

double exp_upper(double x) {
    if (!(x < 709.0)) return std::isnan(x) ? x : std::numeric_limits<double>::infinity();
    if (x < -708.0) return 0x1p-1020;  // exp(-708) is 3.4e-308, this is 8.9e-308
    double k = std::floor(x * tables.inverse);
    double r = 0;
    for (;; k -= 1) {
        // x - k*head rounds up; -k*tail is bounded above by the end that makes it largest.
        const double tail = k > 0 ? -k * tables.tail_low : -k * tables.tail_high;
        r = (x - k * tables.head) + tail;
        if (r >= 0) break;
    }
    // Taylor terms up to r^6/720; for 0 <= r <= 0.012 the rest is below r^6/720 * r/6, hence the 1.01.
    double p = 1.01 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    if (!(r < 0.012)) return std::numeric_limits<double>::infinity();  // the bound above would not hold
    const auto whole = static_cast<std::int64_t>(k);
    const std::int64_t step = ((whole % kSteps) + kSteps) % kSteps;
    const double mantissa = p * tables.power[static_cast<std::size_t>(step)];
    return scale_by_power_of_two(mantissa, (whole - step) / kSteps);
}

}  // namespace maxcert
