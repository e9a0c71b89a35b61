// Filter, then escalate: double intervals decide nearly everything, MPFR at rising precision the rest.
#pragma once

#include <algorithm>
#include <cstdint>

#include "certify/arithmetic/mpfr_interval.hpp"

namespace maxcert {

/// Of a claim "this number is < 0": proved, refuted (the number is >= 0), or open at this precision.
enum class Verdict : std::uint8_t { proved, refuted, open };

template <class N>
Verdict sign_verdict(const N& number) {
    if (certainly_negative(number)) return Verdict::proved;
    if (certainly_nonnegative(number)) return Verdict::refuted;
    return Verdict::open;
}

/// The precision at which MPFR begins.
inline long first_bits(long max_bits) {
    return std::min(128L, max_bits);
}

/// Calls `settled(bits)` at working precisions that double from first_bits() up to `max_bits`, until it says
/// true.
template <class Settled>
void for_each_precision(long max_bits, Settled&& settled) {
    for (long bits = first_bits(max_bits);; bits = std::min(2 * bits, max_bits)) {
        const WorkingPrecision precision(bits);
        if (settled(bits) || bits >= max_bits) return;
    }
}

}  // namespace maxcert
