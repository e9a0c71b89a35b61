// Tables of the last places against loops, and walks that use them against enumeration.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "certify/arithmetic/rounding.hpp"
#include "certify/proof/prover.hpp"
#include "certify/strategies/brute_force/pair_counts.hpp"
#include "certify/strategies/brute_force/token_sets.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;

/// Multiples of 1/4 within 3 of 0, so that sums are exact and often equal; now and then one far away.
std::vector<double> terms(Random& random, std::size_t n) {
    std::vector<double> values;
    for (std::size_t t = 0; t < n; ++t) {
        values.push_back((static_cast<double>(random() % 25) - 12) / 4);
        if (random() % 16 == 0) values.back() *= 1e6;
    }
    return values;
}

TEST(PairCounts, CountAsALoopDoes) {
    const RoundUpward up;
    Random random(1);
    PairCounts counts;
    for (int round = 0; round < 200; ++round) {
        const std::vector<double> a = terms(random, 1 + random() % 20), b = terms(random, 1 + random() % 20);
        counts.make(a.data(), a.size(), b.data(), b.size());
        EXPECT_EQ(counts.size(), a.size() * b.size());
        std::vector<double> limits = {-1e300, 1e300, 0};
        for (int k = -50; k <= 50; ++k) limits.push_back(k / 8.0);
        for (const double x : limits) {
            std::size_t below = 0;
            for (const double s : a) {
                for (const double t : b) below += s + t < x ? 1 : 0;
            }
            EXPECT_EQ(counts.below(x), below) << x;
        }
    }
    const double same[] = {2, 2, 2};
    counts.make(same, 3, same, 3);  // no range to put into bins
    EXPECT_EQ(counts.below(4), 0U);
    EXPECT_EQ(counts.below(std::nextafter(4.0, 5.0)), 9U);
}

TEST(TokenSets, HoldWhatALoopFinds) {
    const RoundUpward up;
    Random random(2);
    TokenSets sets;
    for (int round = 0; round < 200; ++round) {
        const std::vector<double> upper = terms(random, 1 + random() % TokenSets::kMostTokens);
        std::vector<double> negated_lower, own = {0}, negated_own = {0.25};
        // Of either width: a lower end is 0 or 1/4 below the upper one.
        for (const double u : upper) negated_lower.push_back(-u + (random() % 2 == 0 ? 0.25 : 0));
        double size = 40;
        for (const double u : upper) size = std::max(size, std::fabs(u) + 40);
        sets.make({upper.data(), negated_lower.data()}, upper.size(), 0.5, size);
        for (int k = -100; k <= 100; ++k) {
            const double sum = k / 8.0;
            std::uint64_t possible = 0, sure = 0, surely = 0;
            for (std::size_t t = 0; t < upper.size(); ++t) {
                const std::uint64_t bit = std::uint64_t{1} << t;
                if (sum + upper[t] >= 0) possible |= bit;
                if (-sum + 0.25 + negated_lower[t] <= 0) sure |= bit;
                if (-sum + 0.5 - upper[t] <= 0) surely |= bit;  // as if all were as wide as the widest
            }
            const OpenOutput output{&sets, sum, -sum, {own.data(), negated_own.data()}, -sum - sets.base()};
            const TokenVerdicts v = look_up(&output, 1, 0);
            EXPECT_EQ(v.possible, possible) << sum;
            EXPECT_EQ(v.sure & ~sure, 0U) << sum;
            EXPECT_EQ(surely & ~v.sure, 0U) << sum;
            EXPECT_EQ(v.wrong, static_cast<unsigned>(__builtin_popcountll(v.sure)));
            EXPECT_EQ(v.not_right, static_cast<unsigned>(__builtin_popcountll(possible | v.sure)));
        }
    }
}

TEST(TokenSets, OfSeveralOutputsAreTheirUnion) {
    const RoundUpward up;
    const double a[] = {-2, 1, -2, -2}, b[] = {-2, -2, -2, 1}, far[] = {-9, -9, -9, -9};
    const double minus_a[] = {2, -1, 2, 2}, minus_b[] = {2, 2, 2, -1}, minus_far[] = {9, 9, 9, 9},
                 own[] = {7, -1};
    const double minus_own[] = {-7, 1};
    TokenSets of_a, of_b, of_far;
    of_a.make({a, minus_a}, 4, 0, 9), of_b.make({b, minus_b}, 4, 0, 9),
        of_far.make({far, minus_far}, 4, 0, 20);
    const auto open = [&](const TokenSets& sets) {
        return OpenOutput{&sets, 0, 0, {own, minus_own}, -sets.base()};
    };
    const OpenOutput outputs[] = {open(of_a), open(of_b), open(of_far)};
    const TokenVerdicts v = look_up(outputs, 3, 1);
    EXPECT_EQ(v.possible, 0b1010U);  // ties: sums of exactly 0
    EXPECT_EQ(v.sure, 0b1010U);
    EXPECT_EQ(look_up(outputs, 3, 0).wrong, 4U);
    EXPECT_EQ(look_up(outputs + 2, 1, 1).not_right, 0U);
}

TEST(BruteForce, ManyPositionsAgreeWithExhaustiveRuns) {
    const auto strategies = select_strategies("brute_force");
    SearchOptions options;
    options.max_bits = 1024;  // what the exhaustive run uses
    std::uint64_t wrong = 0, ties = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        Random random(seed);
        // With eight positions even attention is a binary fraction, so that the exhaustive run sees every
        // tie.
        const Weights weights =
            seed % 2 == 0 ? testing::max_like_model(random, 7, 4) : testing::integer_model(random, 8, 3);
        const auto truth = testing::run_exhaustively(weights);
        Model model(weights);
        const CheckResult f = strategies.front()->prove(model, options).result;
        EXPECT_GE(f.correct, truth.right);
        EXPECT_LE(f.correct, truth.right + truth.undecided);
        EXPECT_EQ(f.correct, *f.upper);
        wrong += f.figures["wrong"].get<std::uint64_t>();
        ties += truth.undecided;
    }
    EXPECT_GT(wrong, 10000U);
    EXPECT_GT(ties, 100U);
}

TEST(BruteForce, BoxesOfManyPositionsAreDecidedAsInMpfr) {
    const auto strategies = select_strategies("brute_force");
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Random random(seed);
        Model box(testing::max_like_model(random, 8, 4), {seed % 2 == 0 ? 0.01 : 0.002, 0});
        SearchOptions options;
        const CheckResult fast = strategies.front()->prove(box, options).result;
        options.arithmetic = Arithmetic::mpfr;
        const CheckResult plain = strategies.front()->prove(box, options).result;
        EXPECT_EQ(fast.correct, plain.correct);
        EXPECT_EQ(*fast.upper, *plain.upper);
        EXPECT_LT(fast.correct + 100, *fast.upper);  // ends are far enough apart to leave much open
    }
}

}  // namespace
}  // namespace maxcert
