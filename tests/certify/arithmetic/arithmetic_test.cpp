// Enclosure tests of the number types against exact rationals, with hard cases pinned first.
#include <gmpxx.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>

#include "certify/arithmetic/counting.hpp"
#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"

namespace maxcert {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Wild doubles: every exponent that keeps products finite, few or many bits, both signs, zero.
double wild(std::mt19937_64& random) {
    const int kind = static_cast<int>(random() % 8);
    if (kind == 0) return 0;
    if (kind == 1) return static_cast<double>(static_cast<long>(random() % 17) - 8);
    const double mantissa = 1 + static_cast<double>(random() >> 12) * 0x1p-52;
    const int exponent = static_cast<int>(random() % (kind < 5 ? 20u : 600u)) - (kind < 5 ? 10 : 300);
    return std::ldexp(random() % 2 == 0 ? mantissa : -mantissa, exponent);
}

mpq_class end_of(const Interval& i, bool upper) {
    return mpq_class(upper ? i.upper() : i.lower());
}
mpq_class end_of(const MpfrInterval& i, bool upper) {
    mpq_class q;
    mpfr_get_q(q.get_mpq_t(), (upper ? i.upper() : i.lower()).get());
    return q;
}

template <class N>
class Enclosure : public ::testing::Test {};
using Types = ::testing::Types<Interval, MpfrInterval>;
TYPED_TEST_SUITE(Enclosure, Types);

template <class N>
void expect_encloses(const N& result, const mpq_class& exact, const char* operation, double a, double b) {
    EXPECT_TRUE(end_of(result, false) <= exact && exact <= end_of(result, true))
        << std::hexfloat << a << " " << operation << " " << b << " outside [" << lower_double(result) << ", "
        << upper_double(result) << "]";
}

TYPED_TEST(Enclosure, HoldsExactResultsOfRandomOperands) {
    using N = TypeParam;
    const RoundUpward up;
    const WorkingPrecision bits(64);
    std::mt19937_64 random(1);
    for (int round = 0; round < 20000; ++round) {
        const double a = wild(random), b = wild(random);
        const N x = exactly<N>(a), y = exactly<N>(b);
        const mpq_class p(a), q(b);
        expect_encloses(x + y, p + q, "+", a, b);
        expect_encloses(x - y, p - q, "-", a, b);
        expect_encloses(x * y, p * q, "*", a, b);
        if (b != 0) expect_encloses(x / y, p / q, "/", a, b);
        expect_encloses(max(x, y), p > q ? p : q, "max", a, b);
        expect_encloses(min(x, y), p < q ? p : q, "min", a, b);
        expect_encloses(abs(x), abs(p), "abs", a, b);
        // Wide operands must hold the results of every pair of points, here of the ends.
        const N wide = hull(x, y);
        expect_encloses(wide * wide, p * q, "wide *", a, b);
        expect_encloses(wide - wide, p - q, "wide -", a, b);
    }
}

TYPED_TEST(Enclosure, RoundsOutwardWhereTheResultIsNotADouble) {
    using N = TypeParam;
    const RoundUpward up;
    const WorkingPrecision bits(53);
    const N third = exactly<N>(1) / exactly<N>(3);
    EXPECT_LT(lower_double(third), upper_double(third));
    const N sum = exactly<N>(1) + exactly<N>(0x1p-80);
    EXPECT_LE(lower_double(sum), 1.0);
    EXPECT_GT(upper_double(sum), 1.0);
    const N product = exactly<N>(1 + 0x1p-52) * exactly<N>(1 + 0x1p-52);
    EXPECT_LT(lower_double(product), upper_double(product));
}

TYPED_TEST(Enclosure, SquareRootsHoldTheRoot) {
    using N = TypeParam;
    const RoundUpward up;
    std::mt19937_64 random(2);
    for (int round = 0; round < 20000; ++round) {
        const double a = std::fabs(wild(random));
        const N root = sqrt(exactly<N>(a));
        const mpq_class low = end_of(root, false), high = end_of(root, true);
        EXPECT_TRUE(low >= 0 && low * low <= mpq_class(a) && mpq_class(a) <= high * high)
            << std::hexfloat << a;
    }
    EXPECT_FALSE(certainly_nonnegative(sqrt(exactly<N>(-1))));
}

TEST(Interval, ExpHoldsTheMpfrValue) {
    const RoundUpward up;
    const WorkingPrecision bits(200);
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> wide(-750, 750), narrow(-1, 1);
    double worst = 0;
    const auto check = [&](double x) {
        const Interval fast = exp(exactly<Interval>(x));
        const MpfrInterval reference = exp(exactly<MpfrInterval>(x));
        EXPECT_LE(mpfr_cmp_d(reference.upper().get(), fast.upper()), 0) << std::hexfloat << x;
        EXPECT_GE(mpfr_cmp_d(reference.lower().get(), fast.lower()), 0) << std::hexfloat << x;
        if (x > -700 && x < 700) worst = std::max(worst, (fast.upper() - fast.lower()) / fast.upper());
    };
    for (const double x :
         {0.0, -0.0, 1.0, -1.0, 709.0, 709.7, 710.0, 1e300, -708.0, -708.2, -745.0, -746.0, -1e300, 5e-324,
          -5e-324, 0.0108304, -0.0108304, 0.6931471805599453, -0.6931471805599453}) {
        check(x);
    }
    for (int round = 0; round < 100000; ++round) check(round % 2 == 0 ? wide(random) : narrow(random));
    // Thousands of steps of the table and their neighbours, where the reduced argument is about 0.
    for (int k = -4000; k < 4000; ++k) {
        const double x = k * 0.010830424696249145;
        for (const double y : {x, std::nextafter(x, -kInf), std::nextafter(x, kInf)}) check(y);
    }
    EXPECT_LT(worst, 4e-15);
}

TYPED_TEST(Enclosure, NothingIsCertainOfNanAndInfinity) {
    using N = TypeParam;
    const RoundUpward up;
    for (const double a : {kNan, kInf, -kInf}) {
        const N x = exactly<N>(a);
        const N zero = exactly<N>(0), one = exactly<N>(1);
        for (const N& result :
             {x - x, x * zero, zero * x, one / (x - x), max(x - x, one), max(one, x - x), min(x - x, -one),
              min(-one, x - x), hull(x - x, -one), exp(x - x), sqrt(x - x), abs(x - x)}) {
            EXPECT_FALSE(certainly_negative(result)) << a;
            EXPECT_FALSE(certainly_nonnegative(result)) << a;
            EXPECT_FALSE(certainly_negative(-result)) << a;
            EXPECT_FALSE(certainly_at_most(result, one)) << a;
            EXPECT_FALSE(certainly_at_most(-one, result)) << a;
        }
    }
    EXPECT_FALSE(certainly_negative(exactly<N>(1) / exactly<N>(0)));
    EXPECT_FALSE(certainly_negative(exactly<N>(0)));
    EXPECT_TRUE(certainly_nonnegative(exactly<N>(0)));
    EXPECT_TRUE(certainly_negative(exactly<N>(-5e-324)));
    const N third = exactly<N>(1) / exactly<N>(3), tiny = exactly<N>(5e-324);
    EXPECT_FALSE(certainly_at_most(third, third));  // it may be any two numbers of an enclosure
    EXPECT_TRUE(certainly_at_most(tiny, tiny));
    EXPECT_TRUE(certainly_at_most(exactly<N>(0), tiny));
    EXPECT_FALSE(certainly_at_most(tiny, exactly<N>(0)));
    EXPECT_FALSE(certainly_at_most(hull(-tiny, tiny), exactly<N>(0)));
}

TEST(Interval, RefusesEndsInTheWrongOrder) {
    EXPECT_TRUE(std::isnan(Interval::between(1, 0).upper()));
    EXPECT_TRUE(std::isnan(Interval::between(kNan, 0).upper()));
    EXPECT_EQ(Interval::between(0, 1).upper(), 1);
}

TEST(MpfrInterval, RoundingModeOfTheProcessorDoesNotMatter) {
    const WorkingPrecision bits(200);
    const auto value = [] { return exp(sqrt(exactly<MpfrInterval>(2)) / exactly<MpfrInterval>(7)); };
    const MpfrInterval nearest = value();
    const RoundUpward up;
    const MpfrInterval upward = value();
    EXPECT_NE(mpfr_equal_p(nearest.lower().get(), upward.lower().get()), 0);
    EXPECT_NE(mpfr_equal_p(nearest.upper().get(), upward.upper().get()), 0);
}

TEST(MpfrInterval, EnclosesRationalsOutward) {
    const MpfrInterval tenth = MpfrInterval::enclosing(mpq_class(1, 10));
    EXPECT_TRUE(end_of(tenth, false) < mpq_class(1, 10) && mpq_class(1, 10) < end_of(tenth, true));
    const MpfrInterval half = MpfrInterval::enclosing(mpq_class(1, 2));
    EXPECT_TRUE(end_of(half, false) == mpq_class(1, 2) && end_of(half, true) == mpq_class(1, 2));
}

TEST(Counting, CountsWhatIsComputed) {
    Counting::reset();
    const Counting a = exactly<Counting>(2), b = exactly<Counting>(3);
    Counting c = exp(a * b + a) / max(a, b);
    c += a;
    EXPECT_TRUE(certainly_negative(-c));
    EXPECT_EQ(Counting::operations(), 7u);
}

// A plain double must not become a proof's number: this is what keeps it out.
template <class N>
constexpr bool kClosed = !std::is_constructible_v<N, double> && !std::is_constructible_v<N, float> &&
                         !std::is_constructible_v<N, int> && !std::is_convertible_v<double, N> &&
                         !std::is_assignable_v<N&, double>;
static_assert(kClosed<Interval> && kClosed<MpfrInterval> && kClosed<Counting>);

template <class N, class = void>
struct AddsDouble : std::false_type {};
template <class N>
struct AddsDouble<N, std::void_t<decltype(std::declval<N>() + 1.0)>> : std::true_type {};
static_assert(!AddsDouble<Interval>::value && !AddsDouble<MpfrInterval>::value &&
              !AddsDouble<Counting>::value);

}  // namespace
}  // namespace maxcert
