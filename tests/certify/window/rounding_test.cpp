// Sums that cancel down to what doubles lose: a walk of windows in another rounding mode claims too much
// here.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "certify/proof/prover.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;

/// Logits of 1 and -1 with small change of 2^-54 or so, and scores of zero: what decides is lost where a sum
/// is rounded to nearest.
Weights cancelling_model(Random& random, std::uint32_t n_ctx) {
    constexpr std::array<float, 9> values = {0,         0,        1,         -1,        0x1p-54F,
                                             -0x1p-54F, 0x1p-55F, -0x1p-55F, 0x1.8p-54F};
    testing::OrderedPaths p(n_ctx, 2);
    for (auto* m : {&p.EU, &p.EVOU, &p.PVOU}) {
        for (std::size_t i = 0; i < m->rows(); ++i) {
            for (std::size_t x = 0; x < 2; ++x) (*m)(i, x) = values[random() % values.size()];
        }
    }
    return testing::weights_with_paths(p);
}

TEST(WindowRounding, NothingIsClaimedThatADoubleLoses) {
    Random random(1);
    Count proved = 0;
    for (int round = 0; round < 1500; ++round) {
        const Weights w = cancelling_model(random, 1 + round % 2);
        const testing::Exhaustive truth = testing::run_exhaustively(w);
        Model model(w);
        for (const char* name : {"window/1", "cubic"}) {
            const CheckResult found = select_strategies(name).front()->prove(model, {}).result;
            EXPECT_LE(found.correct, truth.right) << name << " round " << round;
            proved += found.correct;
        }
    }
    EXPECT_GT(proved, 1000);
}

/// Only sequences of 0, 1 and 2 with query 2 can be right, by a sum of -(1 + 2u) for the query, u/2 for each
/// 2 and each 1, and 1 + u for each 0, where u = 2^-52: one of each makes 0, a tie. Rounded to nearest, the
/// first two additions of u/2 change nothing, and -u is left.
Weights tie_of_one_each() {
    constexpr float u = 0x1p-52F;
    testing::OrderedPaths p(4, 4);
    for (std::size_t t = 0; t < 3; ++t) p.EVOU(t, 0) = p.EVOU(t, 1) = -10;
    p.EVOU(0, 3) = 1, p.EVOU(0, 2) = -u;
    p.EVOU(1, 3) = p.EVOU(2, 3) = u / 2;
    p.PVOU(3, 3) = -1, p.PVOU(3, 2) = 2.5F * u;
    p.EVOU(3, 0) = 1000;
    for (const std::size_t q : {0, 1, 3}) p.EU(q, 3) = q == 3 ? 0 : 100;
    return testing::weights_with_paths(p);
}

TEST(WindowRounding, SmallTermsAreNotLostOneByOne) {
    const Weights w = tie_of_one_each();
    const testing::Exhaustive truth = testing::run_exhaustively(w);
    EXPECT_EQ(truth.right, 8U);
    Model model(w);
    for (const char* name : {"window/3", "window/6", "window/adaptive"}) {
        EXPECT_EQ(select_strategies(name).front()->prove(model, {}).result.correct, 8) << name;
    }
}

}  // namespace
}  // namespace maxcert
