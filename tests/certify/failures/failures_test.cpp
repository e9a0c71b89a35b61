// The listed sequences against an enumeration that shares nothing with the proofs.
#include "certify/failures/failures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "certify/failures/statistics.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/float_program.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Truth;

std::set<std::uint64_t> places(const std::vector<Failure>& failures, std::uint32_t d_vocab) {
    std::set<std::uint64_t> set;
    for (const Failure& f : failures) {
        EXPECT_EQ(f.maximum, *std::max_element(f.tokens.begin(), f.tokens.end()));
        EXPECT_TRUE(set.insert(testing::sequence_index(f.tokens, d_vocab)).second) << "listed twice";
    }
    return set;
}

TEST(Failures, AreExactlyTheWrongSequencesOfRandomModels) {
    std::size_t wrong = 0, undecided = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        std::string description;
        const Weights weights = testing::random_model(seed, 4, 5, &description);
        const testing::Exhaustive truth = testing::run_exhaustively(weights);
        Model model(weights);
        const FailureList list = find_failures(model, CheckOptions(), FailureSearch());
        const auto listed = places(list.wrong, weights.shape.d_vocab);
        const auto open = places(list.undecided, weights.shape.d_vocab);
        for (std::uint64_t i = 0; i < truth.total(); ++i) {
            if (truth.truth[i] == Truth::right) {
                EXPECT_EQ(listed.count(i), 0U) << description << " sequence " << i;
            } else if (list.every && truth.truth[i] == Truth::wrong) {
                EXPECT_EQ(listed.count(i) + open.count(i), 1U) << description << " sequence " << i;
            }
        }
        wrong += listed.size();
        undecided += open.size();
    }
    EXPECT_GT(wrong, 1000U);
    EXPECT_LT(undecided, wrong);
}

TEST(Failures, ExamplesOfAPartialSearchAreWrongToo) {
    std::size_t found = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Weights weights = testing::random_model(seed, 4, 5);
        const testing::Exhaustive truth = testing::run_exhaustively(weights);
        Model model(weights);
        FailureSearch search;
        search.every = false;
        search.nodes = 50;
        search.examples = 2;
        const FailureList list = find_failures(model, CheckOptions(), search);
        for (const std::uint64_t i : places(list.wrong, weights.shape.d_vocab)) {
            EXPECT_NE(truth.truth[i], Truth::right);
            ++found;
        }
    }
    EXPECT_GT(found, 100U);
}

TEST(Failures, OfTheGoldenModelAreTheWrongOnesThatBruteForceCounts) {
    const Weights weights = golden("max-of-4-golden");
    Model model(weights);
    CheckOptions options;
    options.threads = 2;
    const FailureList list = find_failures(model, options, FailureSearch());
    EXPECT_TRUE(list.every);
    EXPECT_TRUE(list.undecided.empty());
    EXPECT_EQ(places(list.wrong, 64).size(), 16777216U - 16774272U);
    for (const Failure& f : list.wrong) {
        EXPECT_LE(0, f.lead.lower);
        EXPECT_LE(f.lead.lower, f.lead.upper);
        EXPECT_LE(f.lead.upper - f.lead.lower, 1e-9 * std::fmax(1, f.lead.upper));
        const std::vector<long double> logits = testing::real_logits(weights, f.tokens);
        const auto by = static_cast<double>(logits[f.lead.winner] - logits[f.maximum]);
        EXPECT_NEAR(by, f.lead.lower, 1e-10);
        EXPECT_EQ(std::max_element(logits.begin(), logits.end()) - logits.begin(), f.lead.winner);
    }
}

TEST(Failures, AreCountedByWhatTheyHaveInCommon) {
    FailureList list;
    list.wrong = {{{2, 0, 2}, 2, {}}, {{1, 1, 1}, 1, {}}, {{3, 0, 1}, 3, {}}};
    const Json counts = failure_statistics(list, {3, 4, 1, 1});
    EXPECT_EQ(counts["wrong"], 3);
    EXPECT_EQ(counts["by_maximum"], Json({0, 1, 1, 1}));
    EXPECT_EQ(counts["by_query"], Json({0, 2, 1, 0}));
    EXPECT_EQ(counts["by_gap"], Json({1, 0, 2, 0}));
    EXPECT_EQ(counts["by_copies"], Json({0, 1, 1, 1}));
}

TEST(Failures, AStopOrALimitIsSaid) {
    Model model(golden("max-of-4-golden"));
    CheckOptions options;
    options.time_limit_s = 1e-9;
    EXPECT_FALSE(find_failures(model, options, FailureSearch()).every);
}

}  // namespace
}  // namespace maxcert
