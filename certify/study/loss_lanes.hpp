// Four doubles at a time: what the losses need of vector arithmetic, the same bits on every processor.
#pragma once

#include <cstddef>
#include <cstdint>

// These functions are always inlined: no vector is ever passed in a way that depends on the processor.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace maxcert {

constexpr std::size_t kLanes = 4;
typedef double Lanes __attribute__((vector_size(8 * kLanes), aligned(8), may_alias));
typedef std::int64_t LaneBits __attribute__((vector_size(8 * kLanes), aligned(8), may_alias));

#define MAXCERT_LANES inline __attribute__((always_inline))

MAXCERT_LANES Lanes load(const double* p) {
    return *reinterpret_cast<const Lanes*>(p);
}
MAXCERT_LANES void store(double* p, Lanes v) {
    *reinterpret_cast<Lanes*>(p) = v;
}
/// e^x to 1e-8 of itself, exactly 1 at 0 and never on the wrong side of 1; |x| must be below 708.
MAXCERT_LANES Lanes exp_lanes(Lanes x) {
    // Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
    constexpr double shifter = 0x1.8p52;
    const Lanes shifted = x * 1.4426950408889634 + shifter;
    const Lanes k = shifted - shifter;
    const Lanes r = (x - k * 0x1.62e42fefap-1) - k * 0x1.cf79abc9e3b3ap-40;
    Lanes p = r * (1.0 / 5040) + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    return reinterpret_cast<Lanes>(reinterpret_cast<LaneBits>(p) +
                                   (reinterpret_cast<LaneBits>(shifted) << 52));
}

/// The product of many numbers >= 1, as its logarithm: in each lane a mantissa and a sum of exponents.
struct LogProduct {
    Lanes mantissa = {1, 1, 1, 1};
    LaneBits exponent = {0, 0, 0, 0};

    MAXCERT_LANES void times(Lanes v) {
        const LaneBits bits = reinterpret_cast<LaneBits>(mantissa * v);
        exponent += (bits >> 52) - 1023;
        mantissa = reinterpret_cast<Lanes>((bits & 0xFFFFFFFFFFFFFLL) | 0x3FF0000000000000LL);
    }
};

/// Lane j of the result: the sum of the lanes of the j-th argument.
MAXCERT_LANES Lanes sums_of(Lanes a, Lanes b, Lanes c, Lanes d) {
    const LaneBits even = {0, 4, 2, 6}, odd = {1, 5, 3, 7}, low = {0, 1, 4, 5}, high = {2, 3, 6, 7};
    const Lanes ab = __builtin_shuffle(a, b, even) + __builtin_shuffle(a, b, odd);
    const Lanes cd = __builtin_shuffle(c, d, even) + __builtin_shuffle(c, d, odd);
    return __builtin_shuffle(ab, cd, low) + __builtin_shuffle(ab, cd, high);
}

/// Lane j of the result: -1 if any lane of the j-th argument is, 0 if none; the lanes are 0 or -1.
MAXCERT_LANES LaneBits any_of(LaneBits a, LaneBits b, LaneBits c, LaneBits d) {
    const LaneBits even = {0, 4, 2, 6}, odd = {1, 5, 3, 7}, low = {0, 1, 4, 5}, high = {2, 3, 6, 7};
    const LaneBits ab = __builtin_shuffle(a, b, even) | __builtin_shuffle(a, b, odd);
    const LaneBits cd = __builtin_shuffle(c, d, even) | __builtin_shuffle(c, d, odd);
    return __builtin_shuffle(ab, cd, low) | __builtin_shuffle(ab, cd, high);
}

}  // namespace maxcert
