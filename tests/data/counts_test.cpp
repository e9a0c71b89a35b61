#include "data/base/counts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "data/base/count_conversions.hpp"
#include "data/base/ratio.hpp"

namespace maxcert {
namespace {

TEST(Counts, PowersAndBinomialsAreExact) {
    EXPECT_EQ(power(64, 20).get_str(), "1329227995784915872903807060280344576");
    EXPECT_EQ(power(64, 0), 1);
    EXPECT_EQ(power(0, 3), 0);
    EXPECT_EQ(binomial(80, 40).get_str(), "107507208733336176461620");
    EXPECT_EQ(binomial(5, 6), 0);
    EXPECT_EQ(binomial(5, 0), 1);
    for (unsigned long n = 1; n < 60; ++n) {
        for (unsigned long k = 1; k <= n; ++k)
            EXPECT_EQ(binomial(n, k), binomial(n - 1, k - 1) + binomial(n - 1, k));
    }
}

TEST(Counts, RatioIsTheLargestDoubleBelow) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 2000; ++i) {
        const Count whole = power(3, 1 + random() % 90) + random() % 1000;
        Count part = whole * Count(static_cast<unsigned long>(random() >> 8)) / Count(1ul << 56);
        const mpq_class exact(part, whole);
        const double ratio = ratio_rounded_down(part, whole);
        EXPECT_LE(cmp(mpq_class(ratio), exact), 0) << part << "/" << whole;
        EXPECT_GT(cmp(mpq_class(std::nextafter(ratio, 2.0)), exact), 0) << part << "/" << whole;
    }
    EXPECT_EQ(ratio_rounded_down(0, 7), 0.0);
    EXPECT_EQ(ratio_rounded_down(7, 7), 1.0);
    EXPECT_LT(ratio_rounded_down(power(64, 20) - 1, power(64, 20)), 1.0);
}

TEST(Counts, ParsesDecimalsAndNothingElse) {
    EXPECT_EQ(count_from_string("0"), 0);
    EXPECT_EQ(count_from_string("1329227995784915872903807060280344576"), power(64, 20));
    for (const auto& text :
         {std::string(), std::string("-1"), std::string("+1"), std::string("1e3"), std::string(" 1"),
          std::string("0x10"), std::string("1\0", 2), std::string(15001, '9')}) {
        EXPECT_THROW(count_from_string(text), std::invalid_argument) << text;
    }
}

}  // namespace
}  // namespace maxcert
