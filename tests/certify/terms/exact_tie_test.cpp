// Ties through irrational attention: decided exactly, and never where a bit is missing.
#include "certify/strategies/terms/exact_tie.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "data/base/json.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::OrderedPaths;
using testing::Random;
using testing::run_exhaustively;
using testing::sequence_at;
using testing::Truth;

Json brute_force(const Weights& weights, const Options& options = {}) {
    Model model(weights);
    return certified(model, *select_strategies("brute_force").front(), options);
}

TEST(ExactTies, BruteForceIsExactOnTheGoldenModels) {
    const Json known = Json::parse(std::ifstream(MAXCERT_GOLDEN "/edges.json"));
    for (const char* name : {"edge-uniformtie6", "edge-ints-5", "edge-huge-3"}) {
        const Json c = brute_force(golden(name));
        EXPECT_TRUE(c["exact"].get<bool>()) << name << ' ' << c["upper"];
        EXPECT_EQ(c["correct"], std::to_string(known[name]["true_count"].get<int>())) << name;
    }
}

TEST(ExactTies, AreWhatTheExhaustiveRunCannotDecide) {
    std::uint64_t ties = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        const Weights w = testing::integer_model(random, 3, 4);
        const auto truth = run_exhaustively(w, "1");
        Options options;
        options.margin = Margin("1");
        const Json c = brute_force(w, options);
        EXPECT_TRUE(c["exact"].get<bool>()) << seed;
        EXPECT_EQ(c["correct"], std::to_string(truth.right)) << seed;  // the undecided ones are ties
        ties += truth.undecided;
    }
    EXPECT_GT(ties, 0u);
}

/// Three tokens with irrational attention; token 2 and output 0 tie wherever 2 is the largest of (1, 2, 1).
OrderedPaths tying_paths() {
    OrderedPaths p(3, 3);
    for (std::size_t q = 0; q < 3; ++q) {
        for (std::size_t t = 0; t < 3; ++t) p.EQKE(q, t) = static_cast<float>(t) / 4;
    }
    p.EVOU(1, 0) = 1, p.EVOU(1, 2) = 1, p.EVOU(2, 0) = 3, p.EVOU(2, 2) = 3;
    return p;
}

TEST(ExactTies, OneBitDecides) {
    const std::vector<std::uint32_t> tokens = {1, 2, 1};
    OrderedPaths p = tying_paths();
    Weights w = weights_with_paths(p);
    EXPECT_TRUE(TieDecider(w).is_tie(tokens, 2, 0, 0));
    EXPECT_FALSE(TieDecider(w).is_tie(tokens, 2, 1, 0));
    EXPECT_FALSE(TieDecider(w).is_tie(tokens, 2, 0, mpq_class(1, 1000000000)));
    // A last bit of the value of the token that occurs once, and of the one that occurs twice.
    for (const std::size_t t : {1, 2}) {
        p = tying_paths();
        p.EVOU(t, 0) = std::nextafter(p.EVOU(t, 0), 9.0F);
        EXPECT_FALSE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0)) << t;
    }
    // Groups that do not vanish one by one: +1 on token 1 twice, -2 on token 2, and scores that differ.
    p = tying_paths();
    p.EVOU(1, 0) += 1, p.EVOU(2, 0) -= 2;
    EXPECT_FALSE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
    for (std::size_t t = 0; t < 3; ++t) p.EQKE(1, t) = 0.25F;  // equal scores: the groups are one
    EXPECT_TRUE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
    p.EQKE(1, 2) = std::numeric_limits<float>::denorm_min();
    p.EQKE(1, 1) = 0;  // scores that differ by the smallest float only
    EXPECT_FALSE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
}

TEST(ExactTies, PositionsAndTheMarginCount) {
    OrderedPaths p = tying_paths();
    p.PVOU(0, 0) = 0.5F;
    const std::vector<std::uint32_t> tokens = {1, 2, 1};
    EXPECT_FALSE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
    p.PVOU(2, 2) = 0.5F;  // the other position with the same score takes it back
    EXPECT_TRUE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
    p.EQKP(1, 2) = 1;  // and no longer once its score is another
    EXPECT_FALSE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
    // A lead of exactly the margin.
    p = tying_paths();
    for (std::size_t q = 0; q < 3; ++q) p.EU(q, 2) = 0.125F;
    EXPECT_TRUE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, mpq_class(1, 8)));
    EXPECT_FALSE(TieDecider(weights_with_paths(p)).is_tie(tokens, 2, 0, 0));
}

TEST(Margin, IsExact) {
    EXPECT_EQ(Margin("0.125").exact(), mpq_class(1, 8));
    EXPECT_EQ(Margin("12.50e-3").exact(), mpq_class(1, 80));
    EXPECT_EQ(Margin("3E2").exact(), 300);
    EXPECT_EQ(Margin("0").exact(), 0);
    EXPECT_EQ(Margin("007").exact(), 7);
    EXPECT_EQ(Margin("0.1").widened(0.25).exact(), mpq_class(7, 20));
}

}  // namespace
}  // namespace maxcert
