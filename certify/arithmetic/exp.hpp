// Upper and lower bounds of exp in doubles, proved, without trust in libm.
#pragma once

namespace maxcert {

/// A double that is >= exp(x), at most a few units in the last place above it. Needs RoundUpward.
/// +infinity for x > 709; NaN for NaN.
///
/// Proof: x = k ln2/64 + r with r >= 0; r is bounded above by directed subtraction of MPFR enclosures of
/// ln2/64; exp(r) <= the Taylor polynomial with non-negative terms, each rounded up, whose last coefficient
/// also covers the remainder; 2^(k/64) comes from a table of MPFR values rounded up.
double exp_upper(double x);

/// A double that is <= exp(x): 1/exp_upper(-x) rounded down.
inline double exp_lower(double x) {
    const double reciprocal = -1.0 / exp_upper(-x);  // rounds upward, i.e. its magnitude downward
    return -reciprocal;
}

}  // namespace maxcert
