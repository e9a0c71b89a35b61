// Which strategy proves at least as much as which: brute force decides every sequence that any other does,
// and multisets walked to the end do too, on models of any scale and on boxes of models.
#include <gtest/gtest.h>

#include <fstream>

#include "certify/proof/claimed_weights.hpp"
#include "certify/proof/prover.hpp"
#include "data/base/json.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;

const Prover& strategy(const std::string& name) {
    return *select_strategies(name).front();
}

Count true_count(const char* name) {
    const Json known = Json::parse(std::ifstream(MAXCERT_GOLDEN "/edges.json"));
    return Count(known[name]["true_count"].get<unsigned long>());
}

TEST(Strength, TermsAboveTheRangeOfFloats) {
    Model model(golden("edge-huge-3"));
    const CheckResult tree = strategy("multiset").prove(model, {}).result;
    EXPECT_EQ(tree.correct, true_count("edge-huge-3"));
    EXPECT_EQ(*tree.upper, tree.correct);
    const CheckResult sums = strategy("convolution").prove(model, {}).result;
    EXPECT_LE(sums.correct, tree.correct);
    EXPECT_GE(*sums.upper, tree.correct);
    EXPECT_LT(*sums.upper, 100);  // of 256: something is known
}

TEST(Strength, PeakedAttentionInABox) {
    Model box = model_of(golden("edge-peaked-560"), WeightRadius("1e-9", "0"));
    const Count cubic = strategy("cubic").prove(box, {}).result.correct;
    EXPECT_GT(cubic, 0);
    for (const char* name : {"brute_force", "multiset"}) {
        const CheckResult found = strategy(name).prove(box, {}).result;
        EXPECT_GE(found.correct, cubic) << name;
        EXPECT_LE(found.correct, true_count("edge-peaked-560")) << name;
        EXPECT_GE(*found.upper, true_count("edge-peaked-560")) << name;
    }
}

struct Drawn {
    Weights weights;
    WeightRadius radius;
    std::string description;
};

/// A random model, one in three with scores far apart or huge logits, two in three as a box.
Drawn draw(std::uint64_t seed) {
    Drawn d;
    d.weights = testing::random_model(seed, 3, 5, &d.description);
    const auto scale = [](std::vector<float>& values, float factor) {
        for (float& v : values) v *= factor;
    };
    if (seed % 6 == 1) scale(d.weights.W_Q, 300), d.description += ", peaked";
    if (seed % 6 == 4) scale(d.weights.W_U, 1e25F), d.description += ", huge";
    static const std::vector<WeightRadius> radii = {
        {}, {}, {"1e-9", "0"}, {"1e-5", "0"}, {"0", "1e-7"}, {"1e-6", "1e-3"}};
    d.radius = radii[seed / 6 % radii.size()];
    d.description += ", radius " + d.radius.absolute_text() + " and " + d.radius.relative_text() + "r";
    return d;
}

/// The families' own, and every 29th of the others, from another place for each seed.
std::vector<const Prover*> some_strategies(std::uint64_t seed) {
    std::vector<const Prover*> chosen =
        select_strategies("cubic,convolution,window/1,window/4,window/adaptive");
    const auto& all = all_strategies();
    for (std::size_t i = seed % 29; i < all.size(); i += 29) chosen.push_back(all[i].get());
    return chosen;
}

TEST(Strength, NothingProvesMoreThanBruteForceOrMultisets) {
    Count others = 0;
    for (std::uint64_t seed = 0; seed < 216; ++seed) {
        const Drawn d = draw(seed);
        Model model = model_of(d.weights, d.radius);
        SearchOptions options;
        options.max_bits = 1024;
        if (seed % 5 == 0) options.margin = Margin("0.125");
        const CheckResult all = strategy("brute_force").prove(model, options).result;
        const CheckResult tree = strategy("multiset").prove(model, options).result;
        EXPECT_EQ(tree.correct, all.correct) << d.description;
        EXPECT_EQ(*tree.upper, *all.upper) << d.description;
        if (model.radius().is_zero()) {
            EXPECT_EQ(*all.upper, all.correct) << d.description;
        }
        for (const Prover* other : some_strategies(seed)) {
            const CheckResult found = other->prove(model, options).result;
            EXPECT_LE(found.correct, all.correct) << other->info().name << ", " << d.description;
            if (found.upper) {
                EXPECT_GE(*found.upper, *all.upper) << other->info().name << ", " << d.description;
            }
            others += found.correct;
        }
    }
    EXPECT_GT(others, 1000);
}

}  // namespace
}  // namespace maxcert
