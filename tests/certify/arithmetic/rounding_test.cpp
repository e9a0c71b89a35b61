// The guard of a rounding mode, and its refusal of arithmetic that proofs do not assume.
#include <gtest/gtest.h>

#include <thread>

#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"
#include "certify/arithmetic/self_test.hpp"
#include "certify/model/model.hpp"
#include "tests/support/random_models.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace maxcert {
namespace {

TEST(RoundUpward, IsInForceInsideItsScopeOnly) {
    volatile double one = 1, tiny = 0x1p-80;
    EXPECT_EQ(one + tiny, 1.0);
    {
        const RoundUpward up;
        EXPECT_GT(one + tiny, 1.0);
        {
            const Rounding down(FE_DOWNWARD);
            EXPECT_EQ(one + tiny, 1.0);
            EXPECT_LT(one - tiny, 1.0);
        }
        EXPECT_GT(one + tiny, 1.0);
    }
    EXPECT_EQ(one + tiny, 1.0);
}

TEST(SelfTest, PassesInEveryModeAndRestoresIt) {
    for (const int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
        std::fesetround(mode);
        test_arithmetic();
        EXPECT_EQ(std::fegetround(), mode);
    }
    std::fesetround(FE_TONEAREST);
}

#if defined(__x86_64__)

/// Sets bits of the SSE control register while it lives.
class ControlBits {
  public:
    explicit ControlBits(unsigned bits) : before_(_mm_getcsr()) { _mm_setcsr(before_ | bits); }
    ~ControlBits() { _mm_setcsr(before_); }

  private:
    unsigned before_;
};

constexpr unsigned kFlushToZero = 0x8000, kSubnormalsAreZero = 0x0040;

TEST(SelfTest, RefusesFlushedSubnormalsEverywhere) {
    const Weights weights = testing::random_model(1);
    for (const unsigned bits : {kFlushToZero, kSubnormalsAreZero}) {
        const ControlBits flushed(bits);
        EXPECT_THROW(test_arithmetic(), ArithmeticError);
        EXPECT_THROW(RoundUpward(), ArithmeticError);  // in a thread that passed its test before
        EXPECT_THROW(Rounding(FE_DOWNWARD), ArithmeticError);
        EXPECT_THROW(Model{weights}, ArithmeticError);
        EXPECT_EQ(std::fegetround(), FE_TONEAREST);
        // A new thread inherits the bits, and tries its arithmetic before anything in MPFR.
        bool refused = false;
        std::thread([&] {
            try {
                const WorkingPrecision precision(128);
            } catch (const ArithmeticError&) {
                refused = true;
            }
        }).join();
        EXPECT_TRUE(refused);
    }
}

TEST(SelfTest, RefusesAModeThatVectorsDoNotFollow) {
    // The two control registers of the processor at odds, as a half-hearted library might leave them.
    const RoundUpward up;
    check_control_register(FE_UPWARD);
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before & ~0x6000u);
    EXPECT_THROW(check_control_register(FE_UPWARD), ArithmeticError);
    _mm_setcsr(before);
}

#endif

}  // namespace
}  // namespace maxcert
