// Filter, then escalate: double intervals decide nearly everything, MPFR at rising precision the rest.
#pragma once

#include <algorithm>
#include <cstdint>

#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"
#include "certify/proof/checker.hpp"

namespace maxcert {

/// Of a claim "this number is < 0": proved, refuted (the number is >= 0), or open at this precision.
enum class Verdict : std::uint8_t { proved, refuted, open };

template <class N>
Verdict sign_verdict(const N& number) {
    if (certainly_negative(number)) return Verdict::proved;
    if (certainly_nonnegative(number)) return Verdict::refuted;
    return Verdict::open;
}

/// What escalation spent; added up over a check and reported in the figures.
struct EscalationStats {
    std::uint64_t escalated = 0;  ///< decisions that double intervals left open
    std::uint64_t left_open = 0;  ///< of these, still open at max_bits: not proved
    long bits_used = 53;
};

/// `at_bits()` decides in MpfrInterval at the working precision, which doubles from 128 to options.max_bits
/// until the verdict is not open.
template <class AtBits>
Verdict decide_in_mpfr(const Options& options, EscalationStats& stats, AtBits&& at_bits) {
    for (long bits = 128;; bits = std::min(2 * bits, options.max_bits)) {
        bits = std::min(bits, options.max_bits);
        const WorkingPrecision precision(bits);
        stats.bits_used = std::max(stats.bits_used, bits);
        const Verdict verdict = at_bits();
        if (verdict != Verdict::open) return verdict;
        if (bits >= options.max_bits) break;
    }
    ++stats.left_open;
    return Verdict::open;
}

/// `in_doubles()` decides in Interval under RoundUpward (skipped with --arithmetic mpfr), then as above.
template <class InDoubles, class AtBits>
Verdict decide(const Options& options, EscalationStats& stats, InDoubles&& in_doubles, AtBits&& at_bits) {
    if (options.arithmetic == Arithmetic::filtered) {
        const Verdict verdict = in_doubles();
        if (verdict != Verdict::open) return verdict;
        ++stats.escalated;
    }
    return decide_in_mpfr(options, stats, at_bits);
}

}  // namespace maxcert
