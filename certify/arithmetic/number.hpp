// What a check may ask of a number. Checks are templates over N, run on three types:
//   Interval       outward-rounded doubles (fast), needs RoundUpward in force
//   MpfrInterval   MPFR at the thread's working precision (reference, and escalation)
//   Counting       no value at all: counts the verifier's floating operations (proof length)
// None of them converts from double: a hint or weight enters through exactly<N>(), so that a rounded float
// can never slip into a proof.
//
// Every N offers + - * / and unary minus, and these free functions:
//   N max(N, N), min(N, N)       NaN in, NaN out
//   N exp(N), sqrt(N), abs(N)
//   N hull(N, N)                 smallest enclosure of both
//   N upper_end(N), lower_end(N) the point at an end of the enclosure
//   bool certainly_negative(N)   every value is < 0: the only way to say "proved". NaN: false
//   bool certainly_nonnegative(N)  every value is >= 0. NaN: false
//   bool certainly_at_most(N a, N b)  every value of a is <= every value of b. NaN: false
//   double upper_double(N), lower_double(N)  an end as a double, rounded outward (figures and filters)
//   N::key()                     names the type and its precision, for keys of shared tables
//   N::operations()              by this thread so far; 0 where N does not count
#pragma once

#include <cstddef>

namespace maxcert {

/// The number type's enclosure of exactly this double (a dyadic rational).
template <class N>
N exactly(double value);

/// Zero and small integers, exactly.
template <class N>
N integer(long value) {
    return exactly<N>(static_cast<double>(value));
}

}  // namespace maxcert
