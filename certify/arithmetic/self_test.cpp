// Directed rounding is the one thing that a proof in doubles takes from its surroundings. An emulator may
// round to the nearest whatever mode is set (valgrind does), and a shared library built with -Ofast sets
// flush-to-zero for the thread that loads it and for all threads made later. So the arithmetic itself is
// tried, not only its settings.
#include "certify/arithmetic/self_test.hpp"

#include <fmt/format.h>

#include <cfenv>
#include <cfloat>
#include <cmath>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace maxcert {
namespace {

typedef double DoubleVector __attribute__((vector_size(16)));
typedef float FloatVector __attribute__((vector_size(16)));

/// What one rounding mode must give. Operands are volatile, and read in the mode that is tested: no compiler
/// computes ahead of that. Every result is compared, and may throw, before the next change of mode.
struct Expected {
    int mode;
    const char* name;
    double sum, difference, product, quotient, root;
    float narrowed;
};

constexpr double kUp = 1 + 0x1p-52;
constexpr Expected kExpected[] = {
    {FE_UPWARD, "upward", kUp, -1 + 0x1p-53, kUp + 0x1p-51, 0x1.5555555555556p-2, 0x1.6a09e667f3bcdp+0,
     1 + 0x1p-23F},
    {FE_DOWNWARD, "downward", 1, -1, kUp + 0x1p-52, 0x1.5555555555555p-2, 0x1.6a09e667f3bccp+0, 1},
};

void expect(double value, double expected, const char* operation, const char* rounding) {
    if (value == expected) return;
    throw ArithmeticError(
        fmt::format("{} rounded {} gives {:a} instead of {:a}", operation, rounding, value, expected));
}

void test_rounding(const Expected& e) {
    volatile double one = 1, tiny = 0x1p-60, up = kUp, three = 3, two = 2, near_one = 1 + 0x1p-40;
    expect(one + tiny, e.sum, "a sum", e.name);
    expect(tiny - one, e.difference, "a difference", e.name);
    expect(up * up, e.product, "a product", e.name);
    expect(one / three, e.quotient, "a quotient", e.name);
    expect(std::sqrt(two), e.root, "a square root", e.name);
    const auto narrowed = static_cast<double>(e.narrowed);
    expect(static_cast<double>(static_cast<float>(near_one)), narrowed, "a conversion to float", e.name);

    volatile DoubleVector ones = {1, 1}, tinies = {0x1p-60, 0x1p-60};
    const DoubleVector sum = ones + tinies;
    expect(sum[0], e.sum, "a vector of sums", e.name);
    expect(sum[1], e.sum, "a vector of sums", e.name);
    volatile FloatVector floats = {1, 1, 1, 1}, small = {0x1p-40F, 0x1p-40F, 0x1p-40F, 0x1p-40F};
    const FloatVector float_sum = floats + small;
    for (int i = 0; i < 4; ++i) {
        expect(static_cast<double>(float_sum[i]), narrowed, "a vector of float sums", e.name);
    }
}

void test_subnormals(const char* rounding) {
    volatile double smallest = DBL_TRUE_MIN, normal = DBL_MIN, half = 0.5, one = 1, wide = 0x1p-149;
    volatile float smallest_float = FLT_TRUE_MIN;
    expect(smallest * one, DBL_TRUE_MIN, "a subnormal number times one", rounding);
    expect(normal * half, DBL_MIN / 2, "a product that is subnormal", rounding);
    expect(static_cast<double>(smallest_float), 0x1p-149, "a subnormal float as a double", rounding);
    const volatile float narrowed = static_cast<float>(wide);
    expect(static_cast<double>(narrowed) * 0x1p200, 0x1p51, "a conversion to a subnormal float", rounding);
}

/// Restores the rounding mode, whatever the tests throw.
struct RestoreMode {
    int mode = std::fegetround();
    ~RestoreMode() { std::fesetround(mode); }
};

}  // namespace

ArithmeticError::ArithmeticError(const std::string& what)
    : Error("the arithmetic of this process is not what proofs assume: " + what +
            " (is this an emulator such as valgrind, or was a library loaded that was built with -Ofast or "
            "-ffast-math? Without it, run the command again)") {}

void test_arithmetic() {
    const RestoreMode restore;
    for (const Expected& e : kExpected) {
        if (std::fesetround(e.mode) != 0)
            throw ArithmeticError(fmt::format("rounding {} cannot be set", e.name));
        check_control_register(e.mode);
        test_rounding(e);
        test_subnormals(e.name);
    }
}

void test_arithmetic_of_this_thread() {
    thread_local bool tested = false;
    if (tested) return;
    test_arithmetic();
    tested = true;
}

void check_control_register(int mode) {
#if defined(__x86_64__)
    constexpr unsigned flush_to_zero = 0x8000, subnormals_are_zero = 0x0040, rounding = 0x6000;
    const unsigned control = _mm_getcsr();
    if ((control & (flush_to_zero | subnormals_are_zero)) != 0) {
        throw ArithmeticError("subnormal numbers are set to be flushed to zero");
    }
    if ((control & rounding) != static_cast<unsigned>(mode) << 3) {
        throw ArithmeticError("vectors and doubles are not set to round as was asked");
    }
#else
    static_cast<void>(mode);
    test_subnormals("as set");
#endif
}

}  // namespace maxcert
