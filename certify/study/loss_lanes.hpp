// Eight doubles at a time: what the losses need of vector arithmetic, the same bits on every processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "data/base/target_clones.hpp"

// These functions are always inlined: no vector is ever passed in a way that depends on the processor.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace maxcert {

constexpr std::size_t kLanes = 8;
typedef double Lanes __attribute__((vector_size(8 * kLanes)));
typedef std::int64_t LaneBits __attribute__((vector_size(8 * kLanes)));

MAXCERT_INLINE Lanes load(const double* p) {
    Lanes v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
MAXCERT_INLINE void store(double* p, const Lanes& v) {
    std::memcpy(p, &v, sizeof v);
}
/// e^x to 1e-8 of itself, exactly 1 at 0 and never on the wrong side of 1; |x| must be below 708.
MAXCERT_INLINE Lanes exp_lanes(const Lanes& x) {
    // Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
    constexpr double shifter = 0x1.8p52;
    const Lanes shifted = x * 1.4426950408889634 + shifter;
    const Lanes k = shifted - shifter;
    const Lanes r = (x - k * 0x1.62e42fefap-1) - k * 0x1.cf79abc9e3b3ap-40;
    // Written out: under -frounding-math quotients are not constants.
    Lanes p = r * 1.984126984126984e-4 + 1.388888888888889e-3;
    p = p * r + 8.333333333333333e-3;
    p = p * r + 4.166666666666666e-2;
    p = p * r + 1.666666666666667e-1;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    return reinterpret_cast<Lanes>(reinterpret_cast<LaneBits>(p) +
                                   (reinterpret_cast<LaneBits>(shifted) << 52));
}

/// The product of many numbers >= 1, as its logarithm: in each lane a mantissa and a sum of exponents.
struct LogProduct {
    Lanes mantissa = Lanes{} + 1.0;
    LaneBits exponent = {};

    MAXCERT_INLINE void times(const Lanes& v) {
        const LaneBits bits = reinterpret_cast<LaneBits>(mantissa * v);
        exponent += (bits >> 52) - 1023;
        mantissa = reinterpret_cast<Lanes>((bits & 0xFFFFFFFFFFFFFLL) | 0x3FF0000000000000LL);
    }
};

struct Sum {
    MAXCERT_INLINE Lanes operator()(const Lanes& a, const Lanes& b) const { return a + b; }
};
struct Any {
    MAXCERT_INLINE LaneBits operator()(const LaneBits& a, const LaneBits& b) const { return a | b; }
};

/// Lane j of the result: the lanes of the j-th of eight vectors, combined.
template <class V, class Combine>
MAXCERT_INLINE V across(const V (&v)[kLanes], Combine combine) {
    V pairs[4], fours[2];
    for (std::size_t j = 0; j < 4; ++j) {
        const V &a = v[2 * j], &b = v[2 * j + 1];
        pairs[j] = combine(__builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14),
                           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15));
    }
    for (std::size_t j = 0; j < 2; ++j) {
        const V &a = pairs[2 * j], &b = pairs[2 * j + 1];
        fours[j] = combine(__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13),
                           __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15));
    }
    return combine(__builtin_shufflevector(fours[0], fours[1], 0, 1, 2, 3, 8, 9, 10, 11),
                   __builtin_shufflevector(fours[0], fours[1], 4, 5, 6, 7, 12, 13, 14, 15));
}

}  // namespace maxcert
