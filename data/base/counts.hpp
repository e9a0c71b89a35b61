// Exact counting of sequences. 64^20 does not fit in 64 bits, so every count is a GMP integer.
#pragma once

#include <gmpxx.h>

namespace maxcert {

using Count = mpz_class;

/// base^exponent.
Count power(unsigned long base, unsigned long exponent);

/// n! / (k! (n-k)!), 0 for k > n.
Count binomial(unsigned long n, unsigned long k);

}  // namespace maxcert
