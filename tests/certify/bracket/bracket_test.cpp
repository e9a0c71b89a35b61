// Brackets by multisets and convolution: containment on random models, and what must be rejected.
#include <gtest/gtest.h>

#include <cmath>

#include "certify/arithmetic/counting.hpp"
#include "data/base/count_conversions.hpp"
#include "data/base/errors.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"
#include "tests/support/sampled.hpp"

namespace maxcert {
namespace {

using testing::Exhaustive;
using testing::Random;

const Prover& strategy(const char* name) {
    return *select_strategies(name).front();
}

CheckResult prove(const Weights& weights, const char* name, const Options& options = {}) {
    Model model(weights);
    return strategy(name).prove(model, options).result;
}

TEST(Multiset, ClosesOnTheGoldenModels) {
    const CheckResult four = prove(golden("max-of-4-golden"), "multiset");
    EXPECT_EQ(four.correct, 16774272);
    EXPECT_EQ(*four.upper, 16774272);
    const CheckResult five = prove(golden("max-of-5-golden"), "multiset");
    EXPECT_EQ(five.correct, 1073340012);
    EXPECT_EQ(*five.upper, 1073340012);
}

TEST(Convolution, BracketsTheGoldenModel) {
    const CheckResult f = prove(golden("max-of-4-golden"), "convolution");
    EXPECT_LE(f.correct, 16774272);
    EXPECT_GE(*f.upper, 16774272);
    EXPECT_LT(*f.upper - f.correct, 1000);
}

void expect_contains(const Exhaustive& truth, const CheckResult& f, const std::string& what) {
    EXPECT_LE(f.correct, Count(static_cast<unsigned long>(truth.right + truth.undecided))) << what;
    EXPECT_GE(*f.upper, Count(static_cast<unsigned long>(truth.right))) << what;
}

/// A small random model, every fifth with a margin, and what enumeration says of it.
struct RandomCase {
    std::string what;
    Weights weights;
    Options options;
    Exhaustive truth;
};

RandomCase random_case(std::uint64_t seed) {
    RandomCase c;
    c.weights = testing::random_model(seed, 4, 6, &c.what);
    c.what += " seed " + std::to_string(seed);
    c.options.max_bits = 512;
    if (seed % 5 == 0) c.options.margin = Margin("0.25");
    c.truth = testing::run_exhaustively(c.weights, c.options.margin.text());
    return c;
}

TEST(Brackets, ContainTheTruthOfRandomModels) {
    int closed = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        RandomCase c = random_case(seed);
        const CheckResult tree = prove(c.weights, "multiset", c.options);
        expect_contains(c.truth, tree, c.what);
        if (tree.correct == *tree.upper) {
            ++closed;
            EXPECT_EQ(tree.correct, Count(static_cast<unsigned long>(c.truth.right))) << c.what;
        }
        expect_contains(c.truth, prove(c.weights, "convolution", c.options), c.what);
        // A threshold only leaves sequences open.
        c.options.mass_threshold = 0.02;
        expect_contains(c.truth, prove(c.weights, "multiset", c.options), c.what);
    }
    EXPECT_GT(closed, 400);
}

// Whatever levels a certificate names for whichever group, what it proves is true of every sequence.
TEST(Brackets, ContainTheTruthAtAnyLevels) {
    int narrower = 0, closed = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const RandomCase c = random_case(seed);
        Model model(c.weights);
        const std::size_t groups = c.weights.shape.d_vocab * (c.weights.shape.d_vocab + 1) / 2;
        Random random(seed);
        std::string levels, heavy;
        for (std::size_t i = 0; i < groups; ++i) {
            levels += ".-0123"[random() % 6];
            heavy += ".0123456"[random() % 8];
        }
        const auto checked = [&](const std::string& walked) {
            const Json hints = {{"levels", levels},
                                {"heavy", walked},
                                {"tree_mass", 0.0},
                                {"tree_nodes", 0u},
                                {"cut_trees", Json::array()}};
            const CheckResult f = strategy("convolution").checker().check(model, hints, c.options);
            expect_contains(c.truth, f, c.what);
            return f;
        };
        const CheckResult without = checked(std::string(groups, '.')), with = checked(heavy);
        EXPECT_GE(with.correct, without.correct) << c.what;
        EXPECT_LE(*with.upper, *without.upper) << c.what;
        narrower += with.correct > without.correct && *with.upper < *without.upper ? 1 : 0;
        // All groups to the end: few sequences, so that nothing is too light to be looked at.
        levels = std::string(groups, '0');
        const CheckResult all = checked(std::string(groups, '6'));
        closed += all.correct == *all.upper ? 1 : 0;
    }
    EXPECT_GT(narrower, 30);
    EXPECT_GT(closed, 200);
}

TEST(Brackets, MeetTheSampledAccuracyWhereNobodyCanEnumerate) {
    for (const std::uint64_t seed : {1u, 2u}) {
        Random random(seed);
        const Weights weights = testing::max_like_model(random, 8, 32);
        const auto sampled = testing::sample_accuracy(weights, 100000, seed);
        Options options;
        options.node_budget = 100000000;
        const CheckResult f = prove(weights, "convolution", options);
        const double total = power(32, 8).get_d(), off = sampled.half_width(4.5);
        EXPECT_LE(f.correct.get_d() / total, sampled.share() + off);
        EXPECT_GE(f.upper->get_d() / total, sampled.share() - off);
        EXPECT_LT(Count(*f.upper - f.correct).get_d() / total, 0.9);
    }
}

TEST(Brackets, DoNotDependOnThreads) {
    const Weights weights = golden("max-of-5-golden");
    for (const char* name : {"multiset", "convolution"}) {
        Options one, two;
        one.node_budget = two.node_budget = 1000000;
        two.threads = 2;
        const CheckResult a = prove(weights, name, one), b = prove(weights, name, two);
        EXPECT_EQ(a.correct, b.correct);
        EXPECT_EQ(*a.upper, *b.upper);
        EXPECT_EQ(a.figures, b.figures);
    }
}

TEST(Brackets, CutShortTheyStandAndCanBeChecked) {
    const Weights weights = golden("max-of-5-golden");
    for (const double limit : {1e-9, 0.02, 0.05}) {
        Model model(weights);
        Options options;
        options.time_limit_s = limit;
        Proof proof;
        const bool begun = within_time([&] { proof = strategy("convolution").prove(model, options); });
        EXPECT_TRUE(!begun || limit > 1e-9);
        if (!begun) continue;
        EXPECT_LE(proof.result.correct, 1073340012);
        EXPECT_GE(*proof.result.upper, 1073340012);
        const CheckResult again = strategy("convolution").checker().check(model, proof.hints, {});
        EXPECT_EQ(again.correct, proof.result.correct);
        EXPECT_EQ(*again.upper, *proof.result.upper);
        EXPECT_EQ(again.figures["nodes"], proof.result.figures["nodes"]);
    }
}

TEST(Brackets, CertificatesAreCheckedAndTamperedOnesRejected) {
    const Weights weights = golden("max-of-4-golden");
    for (const char* name : {"multiset", "convolution"}) {
        Model model(weights);
        const Json good = certified(model, strategy(name), {});
        EXPECT_LT(good.dump().size(), 100000u);
        EXPECT_NO_THROW(verified(good, weights, 1));
        const auto rejects = [&](const std::function<void(Json&)>& tamper) {
            Json bad = good;
            tamper(bad);
            EXPECT_THROW(verified(bad, weights, 1), CertificateRejected) << name;
        };
        rejects([](Json& c) { c["correct"] = Count(count_from_string(c["correct"]) + 1).get_str(); });
        rejects([](Json& c) { c["upper"] = Count(count_from_string(c["upper"]) - 1).get_str(); });
        rejects([](Json& c) { c["margin"] = "0.5"; });
        rejects([](Json& c) { c["correct"] = "16777217"; });
        rejects([](Json& c) { c["upper"] = "0"; });
        rejects([](Json& c) { c["hints"]["tree_mass"] = std::nan(""); });
        rejects([](Json& c) { c["hints"]["tree_mass"] = INFINITY; });
        // No effort for any group establishes less than is claimed.
        rejects([](Json& c) { c["hints"]["levels"] = std::string(2080, '.'); });
        if (name == std::string("convolution")) {  // the other one needs no heavy tokens here
            rejects([](Json& c) { c["hints"]["heavy"] = std::string(2080, '.'); });
        }
        EXPECT_THROW(verified(good, golden("max-of-5-golden"), 1), CertificateRejected);
        Weights changed = weights;
        changed.W_E[7] += 0.25F;
        EXPECT_THROW(verified(good, changed, 1), CertificateRejected);
        const std::string text = good.dump();
        EXPECT_THROW(parse_record(text.substr(0, text.size() / 2), "half"), InputError);
        rejects([](Json& c) { c["hints"]["levels"] = std::string(2079, '0'); });
        rejects([](Json& c) { c["hints"]["levels"] = std::string(2080, '9'); });
        rejects(
            [](Json& c) { c["hints"]["levels"] = std::string(2080, '-'), c["hints"]["tree_nodes"] = 0u; });
        rejects([](Json& c) { c["hints"]["levels"] = 7; });
        rejects([](Json& c) { c["hints"]["tree_mass"] = -1.0; });
        rejects([](Json& c) { c["hints"]["tree_mass"] = nullptr; });
        rejects([](Json& c) { c["hints"]["tree_nodes"] = -5; });
        rejects([](Json& c) { c["hints"]["heavy"] = std::string(2079, '.'); });
        rejects([](Json& c) { c["hints"]["heavy"] = std::string(2080, '7'); });
        rejects([](Json& c) { c["hints"]["heavy"] = std::string(2080, '-'); });
        rejects([](Json& c) { c["hints"]["heavy"] = 0; });
        rejects([](Json& c) { c["hints"].erase("heavy"); });
        rejects([](Json& c) { c["hints"]["more"] = 1; });
        rejects([](Json& c) { c["hints"].erase("levels"); });
    }
}

TEST(Brackets, ServeLongContextsAndLargeVocabularies) {
    Random random(5);
    Options options;
    options.time_limit_s = 1;
    for (const Shape shape : {Shape{2, 64, 8, 8}, Shape{32, 64, 8, 8}, Shape{10, 128, 8, 8}}) {
        const Weights weights = testing::gaussian_model(random, shape, 0.5f);
        for (const char* name : {"multiset", "convolution"}) {
            const CheckResult f = prove(weights, name, options);
            EXPECT_GE(f.correct, 0);
            EXPECT_LE(f.correct, *f.upper);
            EXPECT_LE(*f.upper, power(shape.d_vocab, shape.n_ctx));
        }
    }
}

}  // namespace
}  // namespace maxcert
