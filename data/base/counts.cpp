// GMP integers throughout.
#include "data/base/counts.hpp"

namespace maxcert {

Count power(unsigned long base, unsigned long exponent) {
    Count result;
    mpz_ui_pow_ui(result.get_mpz_t(), base, exponent);
    return result;
}

Count binomial(unsigned long n, unsigned long k) {
    Count result;
    mpz_bin_uiui(result.get_mpz_t(), n, k);
    return result;
}

}  // namespace maxcert
