// Exact counting of sequences. 64^20 does not fit in 64 bits, so every count is a GMP integer.
#pragma once

#include <gmpxx.h>

#include <string>

namespace maxcert {

using Count = mpz_class;

/// base^exponent.
Count power(unsigned long base, unsigned long exponent);

/// n! / (k! (n-k)!), 0 for k > n.
Count binomial(unsigned long n, unsigned long k);

/// The largest double that is at most part/whole (0 <= part <= whole, whole > 0).
double ratio_rounded_down(const Count& part, const Count& whole);

/// Parses a non-negative decimal integer of at most 1000 digits; throws std::invalid_argument otherwise.
Count count_from_string(const std::string& decimal);

}  // namespace maxcert
