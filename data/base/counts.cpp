// GMP integers throughout. A ratio becomes a double rounded down, so that a bound never reads higher than it
// is.
#include "data/base/counts.hpp"

namespace maxcert {

Count power(unsigned long base, unsigned long exponent) {
    Count result;
    mpz_ui_pow_ui(result.get_mpz_t(), base, exponent);
    return result;
}

double ratio_rounded_down(const Count& part, const Count& whole) {
    mpq_class ratio(part, whole);
    ratio.canonicalize();
    return ratio.get_d();  // mpq_get_d truncates towards zero, and the ratio is not negative
}

Count binomial(unsigned long n, unsigned long k) {
    Count result;
    mpz_bin_uiui(result.get_mpz_t(), n, k);
    return result;
}

}  // namespace maxcert
