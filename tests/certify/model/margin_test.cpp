// accuracy(margin): many margins certified at once, against the exhaustive run and against one at a time.
#include <gtest/gtest.h>

#include "data/base/count_conversions.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::max_like_model;
using testing::Random;

/// accuracy(margin) falls, and is what the exhaustive run counts.
TEST(MarginCurve, MatchesTheExhaustiveRun) {
    Random random(10);
    for (int n = 0; n < 6; ++n) {
        const Weights w = max_like_model(random, 3, 4);
        Model model(w);
        Count before = power(4, 3);
        for (const char* margin : {"0", "0.01", "0.1", "0.5", "1", "3", "100"}) {
            Options options;
            options.margin = Margin(margin);
            const Json c = certified(model, *select_strategies("brute_force").front(), options);
            const Count correct = count_from_string(c["correct"]);
            EXPECT_EQ(correct, testing::run_exhaustively(w, margin).right);
            EXPECT_LE(correct, before);
            before = correct;
        }
        EXPECT_EQ(before, 0);
    }
}

/// Every strategy: the certificates of one pass are those of one margin at a time, in real and in float32.
TEST(MarginCurve, OnePassGivesTheSameCertificates) {
    Random random(11);
    const std::vector<std::string> texts = {"0.1", "0", "2", "0.5"};
    std::vector<Margin> margins;
    for (const auto& text : texts) margins.emplace_back(text);
    for (int n = 0; n < 4; ++n) {
        const Weights w = max_like_model(random, 3, 5);
        for (const Prover* strategy : select_strategies("brute_force,cubic,multiset,convolution,window/4")) {
            for (const auto semantics : {Semantics::real, Semantics::float32}) {
                Model model(w);
                Options options;
                options.semantics = semantics;
                const auto together = certify_margins(model, *strategy, margins, options);
                ASSERT_EQ(together.size(), texts.size());
                for (std::size_t d = 0; d < texts.size(); ++d) {
                    options.margin = margins[d];
                    Json alone = certified(model, *strategy, options), one = to_json(together[d]);
                    for (Json* c : {&alone, &one}) c->erase("run");
                    EXPECT_EQ(one, alone) << strategy->info().name << " " << texts[d];
                    EXPECT_NO_THROW(verified(to_json(together[d]), w, 1));
                }
            }
        }
    }
}

}  // namespace
}  // namespace maxcert
