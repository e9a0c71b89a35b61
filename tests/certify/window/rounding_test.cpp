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

}  // namespace
}  // namespace maxcert
