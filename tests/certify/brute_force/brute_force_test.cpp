#include <gtest/gtest.h>

#include <algorithm>

#include "certify/model/paths.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "certify/proof/prover.hpp"
#include "certify/strategies/brute_force/count.hpp"
#include "certify/strategies/brute_force/reference_walk.hpp"
#include "certify/strategies/brute_force/walk.hpp"
#include "certify/strategies/terms/tied_tokens.hpp"
#include "data/base/errors.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Exhaustive;
using testing::random_model;
using testing::run_exhaustively;
using testing::Truth;

const Prover& brute_force() {
    return *select_strategies("brute_force").front();
}

std::uint64_t number(const Count& count) {
    return count.get_ui();
}

/// correct and upper must bracket the truth, and be exact where everything is decided there.
void expect_brackets(const CheckResult& f, const Exhaustive& truth, const std::string& what) {
    ASSERT_TRUE(f.upper.has_value()) << what;
    EXPECT_TRUE(f.complete) << what;
    EXPECT_LE(number(f.correct), truth.right + truth.undecided) << what;
    EXPECT_GE(number(*f.upper), truth.right) << what;
    EXPECT_LE(number(f.correct), number(*f.upper)) << what;
    if (truth.undecided == 0) {
        EXPECT_EQ(number(f.correct), truth.right) << what;
        EXPECT_EQ(number(*f.upper), truth.right) << what;
    }
}

SearchOptions small_options() {
    SearchOptions options;
    options.max_bits = 1024;  // what the exhaustive run uses
    return options;
}

TEST(BruteForce, GoldenModelOfFour) {
    Model model(golden("max-of-4-golden"));
    const Proof proof = brute_force().prove(model, {});
    EXPECT_EQ(proof.result.correct, 16774272);
    EXPECT_EQ(*proof.result.upper, 16774272);
    EXPECT_TRUE(proof.result.complete);
    // Every path of the processor and any number of threads agree, to the last figure.
    const RoundUpward up;
    for (const Kernels* kernels : available_kernels()) {
        for (const unsigned threads : {1U, 3U}) {
            WalkRequest request;
            request.margins = {Interval()};
            request.kernels = kernels;
            request.threads = threads;
            const WalkCounts c = walk_sequences(paths_of<Interval>(model), request).counts.front();
            EXPECT_EQ(c.right, 16774272U) << kernels->name;
            EXPECT_EQ(c.wrong, 16777216U - 16774272U) << kernels->name;
            EXPECT_EQ(c.open, 0U) << kernels->name;
            EXPECT_EQ(c.sweeps, proof.result.figures["sweeps"]) << kernels->name;
        }
    }
}

TEST(BruteForce, GoldenModelOfFive) {
    Model model(golden("max-of-5-golden"));
    const Proof proof = brute_force().prove(model, {});
    EXPECT_EQ(proof.result.correct, 1073340012);
    EXPECT_EQ(*proof.result.upper, 1073340012);
}

TEST(BruteForce, AgreesWithExhaustiveRunsOfRandomModels) {
    std::uint64_t escalated = 0, wrong = 0, right = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        std::string what;
        const Weights w = random_model(seed, 4, 5, &what);
        Model model(w);
        const CheckResult f = brute_force().prove(model, small_options()).result;
        expect_brackets(f, run_exhaustively(w), what);
        escalated += f.figures["escalated"].get<std::uint64_t>();
        wrong += f.figures["wrong"].get<std::uint64_t>();
        right += number(f.correct);
    }
    EXPECT_GT(escalated, 20U);
    EXPECT_GT(wrong, 10000U);
    EXPECT_GT(right, 10000U);
}

TEST(BruteForce, AllInMpfrGivesTheSameCounts) {
    for (std::uint64_t seed = 1000; seed < 1120; ++seed) {
        std::string what;
        Model model(random_model(seed, 4, 4, &what));
        SearchOptions options = small_options();
        const CheckResult fast = brute_force().prove(model, options).result;
        options.arithmetic = Arithmetic::mpfr;
        const CheckResult slow = brute_force().prove(model, options).result;
        EXPECT_EQ(fast.correct, slow.correct) << what;
        EXPECT_EQ(*fast.upper, *slow.upper) << what;
        EXPECT_GE(slow.bits_used, 128) << what;
        EXPECT_GT(slow.figures["mpfr_operations"].get<std::uint64_t>(), 0U) << what;
    }
}

TEST(BruteForce, KernelsAgreeOnRandomModels) {
    for (std::uint64_t seed = 2000; seed < 2200; ++seed) {
        std::string what;
        Model model(random_model(seed, 4, 6, &what));
        const RoundUpward up;
        WalkRequest request;
        request.margins = {Interval()};
        std::vector<WalkCounts> counts;
        for (const Kernels* kernels : available_kernels()) {
            request.kernels = kernels;
            request.threads = 1 + static_cast<unsigned>(counts.size());
            counts.push_back(walk_sequences(paths_of<Interval>(model), request).counts.front());
            EXPECT_EQ(counts.back().right, counts.front().right) << what << kernels->name;
            EXPECT_EQ(counts.back().wrong, counts.front().wrong) << what << kernels->name;
            EXPECT_EQ(counts.back().open, counts.front().open) << what << kernels->name;
        }
        // The plain walk on the same intervals never contradicts: what one proves, the other does not refute.
        const WalkCounts plain =
            ReferenceWalk<Interval>(paths_of<Interval>(model), Interval(), request).run().counts[0];
        EXPECT_LE(plain.right, counts[0].right + counts[0].open) << what;
        EXPECT_LE(plain.wrong, counts[0].wrong + counts[0].open) << what;
        EXPECT_LE(counts[0].right, plain.right + plain.open) << what;
    }
}

TEST(BruteForce, CountsForSeveralMarginsAtOnce) {
    const std::vector<std::string> texts{"0", "0.25", "1e-3", "3", "1e-3"};  // in any order
    for (std::uint64_t seed = 3000; seed < 3080; ++seed) {
        std::string what;
        const Weights w = random_model(seed, 3, 4, &what);
        Model model(w);
        std::vector<Margin> margins;
        for (const std::string& text : texts) margins.emplace_back(text);
        const std::vector<CheckResult> findings = count_sequences(model, margins, small_options(), {});
        ASSERT_EQ(findings.size(), texts.size());
        for (std::size_t d = 0; d < texts.size(); ++d) {
            expect_brackets(findings[d], run_exhaustively(w, texts[d]), what + ", margin " + texts[d]);
            // One at a time: the same result, down to the figures.
            const CheckResult alone = count_sequences(model, {margins[d]}, small_options(), {}).front();
            EXPECT_EQ(findings[d].correct, alone.correct) << what;
            EXPECT_EQ(findings[d].upper, alone.upper) << what;
            EXPECT_EQ(findings[d].bits_used, alone.bits_used) << what;
            for (const char* figure : {"wrong", "undecided", "escalated", "active_triples", "sweeps"}) {
                EXPECT_EQ(findings[d].figures[figure], alone.figures[figure]) << what << " " << figure;
            }
        }
        for (const auto& [more, less] : {std::pair{3, 1}, std::pair{1, 2}, std::pair{2, 0}}) {
            EXPECT_LE(findings[more].correct, *findings[less].upper) << what;
        }
    }
}

TEST(BruteForce, MarginsOnTheGoldenModel) {
    // Published counts of sequences whose lead is in (0, margin].
    Model model(golden("max-of-4-golden"));
    const std::vector<CheckResult> findings = count_sequences(
        model, {Margin("0"), Margin("0.005"), Margin("0.01"), Margin("0.05"), Margin("1")}, {}, {});
    const std::uint64_t lost[] = {0, 4, 15, 48, 2313};
    for (std::size_t d = 0; d < findings.size(); ++d) {
        EXPECT_EQ(number(findings[d].correct), 16774272U - lost[d]);
        EXPECT_EQ(findings[d].correct, *findings[d].upper);
    }
}

TEST(BruteForce, ExactTiesAreWrongAndDoNotEscalate) {
    testing::OrderedPaths p(3, 4);
    for (std::size_t t = 0; t < 4; ++t) {
        p.EVOU(t, t) = 1.0F + static_cast<float>(t);
        p.EQKE(t, t) = 0.5F;
    }
    Weights w = testing::weights_with_paths(p);
    for (std::size_t d = 0; d < w.shape.d_model; ++d) w.W_U[d * 4 + 1] = w.W_U[d * 4 + 3];
    Model model(w);
    const CheckResult f = brute_force().prove(model, {}).result;
    EXPECT_EQ(f.correct, *f.upper);
    EXPECT_EQ(f.figures["escalated"], 0);
    EXPECT_LE(f.correct, 27);  // 3 and 1 never win; sequences whose largest token is 0 or 2
    EXPECT_EQ(number(f.correct), run_exhaustively(w).right);
    // In a box of weights the two columns are free to differ: the tie is not known.
    EXPECT_EQ(tied_tokens(model), (std::vector<bool>{false, true, false, true}));
    EXPECT_EQ(tied_tokens(Model(w, Radius{1e-9, 0})), std::vector<bool>(4, false));
}

TEST(BruteForce, TiesAmongManyOutputsAreWrong) {
    // Nine tokens with small whole logits and even attention: the last places are swept in floats, and sums
    // tie.
    testing::Random random(7);
    std::uint64_t ties = 0;
    for (int round = 0; round < 12; ++round) {
        testing::OrderedPaths p(3, 9);
        for (auto* m : {&p.EU, &p.EVOU, &p.PVOU}) {
            for (std::size_t i = 0; i < m->rows(); ++i) {
                for (std::size_t x = 0; x < 9; ++x) (*m)(i, x) = static_cast<float>(random() % 3);
            }
        }
        for (std::size_t t = 0; t < 9; ++t) p.EVOU(t, t) += 2;
        Model model(testing::weights_with_paths(p));
        const Exhaustive truth = run_exhaustively(model.weights());
        ties += truth.undecided;
        const CheckResult f = brute_force().prove(model, small_options()).result;
        EXPECT_EQ(number(f.correct), truth.right);
        EXPECT_EQ(f.correct, *f.upper);
    }
    EXPECT_GT(ties, 100U);
}

TEST(BruteForce, WhatIsOpenAtTheCapStaysInUpper) {
    // Two positions of equal score cancel but for the direct path, which 64 bits do not see beside them.
    testing::OrderedPaths p(2, 2);
    for (std::size_t q = 0; q < 2; ++q) {
        p.EVOU(q, q) = 1;
        for (std::size_t t = 0; t < 2; ++t) p.EQKE(q, t) = 1;
    }
    p.EU(0, 0) = -0x1p-120F;
    Model model(testing::weights_with_paths(p));
    SearchOptions options;
    options.max_bits = 64;
    const Exhaustive truth = run_exhaustively(model.weights());
    EXPECT_EQ(truth.right, 3U);      // (1, 0) by the direct path alone
    EXPECT_EQ(truth.undecided, 1U);  // (0, 1), which ties
    const CheckResult open = brute_force().prove(model, options).result;
    EXPECT_EQ(open.figures["undecided"], 1);
    EXPECT_EQ(*open.upper - open.correct, 1);
    options.max_bits = 256;
    const CheckResult decided = brute_force().prove(model, options).result;
    EXPECT_EQ(decided.figures["undecided"], 0);
    EXPECT_EQ(*decided.upper, 3);
    EXPECT_EQ(decided.correct, 3);
}

TEST(BruteForce, ABoxOfModelsProvesNoMoreThanItsCentre) {
    for (std::uint64_t seed = 4000; seed < 4060; ++seed) {
        const Weights w = random_model(seed, 3, 4);
        Model centre(w), box = model_of(w, WeightRadius("1e-3", "1e-4"));
        SearchOptions options = small_options();
        options.max_bits = 128;
        const CheckResult a = brute_force().prove(centre, options).result;
        const CheckResult b = brute_force().prove(box, options).result;
        EXPECT_LE(b.correct, a.correct);
        EXPECT_GE(*b.upper, *a.upper);
    }
}

TEST(BruteForce, DegenerateShapes) {
    testing::Random random(5);
    Model one_token(testing::gaussian_model(random, {4, 1, 3, 2}, 1));
    EXPECT_EQ(brute_force().prove(one_token, {}).result.correct, 1);
    for (int i = 0; i < 20; ++i) {
        const Weights w = testing::gaussian_model(random, {1, 7, 3, 2}, 1);
        Model one_position(w);
        expect_brackets(brute_force().prove(one_position, {}).result, run_exhaustively(w), "K=1");
        const Weights long_one = testing::gaussian_model(random, {9, 2, 3, 2}, 1);
        Model two_tokens(long_one);
        expect_brackets(brute_force().prove(two_tokens, {}).result, run_exhaustively(long_one), "V=2 K=9");
    }
}

TEST(BruteForce, OverflowingTablesAreNeverProvedInDoubles) {
    // Logits near 1e76 * 1e38 do not fit in doubles times attention; the decider decides or leaves it open.
    testing::Random random(6);
    for (const float scale : {1e20F, 1e30F, 1e38F}) {
        const Weights w = testing::gaussian_model(random, {3, 3, 2, 2}, scale / 4);
        Model model(w);
        expect_brackets(brute_force().prove(model, small_options()).result, run_exhaustively(w), "huge");
    }
    Paths<Interval> p;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    p.EU = p.EVOU = p.EQKE = Matrix<Interval>(3, 3);
    p.PVOU = Matrix<Interval>(2, 3);
    p.EQKP = Matrix<Interval>(3, 2);
    for (std::size_t t = 0; t < 3; ++t) p.EVOU(t, t) = exactly<Interval>(1.0 + static_cast<double>(t));
    for (Matrix<Interval>* m : {&p.EU, &p.EVOU, &p.PVOU, &p.EQKE, &p.EQKP}) {
        const RoundUpward up;
        const Interval before = (*m)(1, 1);
        for (const Interval bad : {Interval::from_stored(nan, nan), Interval::from_stored(0, nan),
                                   Interval::from_stored(HUGE_VAL, HUGE_VAL)}) {
            (*m)(1, 1) = bad;
            WalkRequest request;
            request.margins = {Interval()};
            const WalkCounts c = walk_sequences(p, request).counts.front();
            EXPECT_EQ(c.right + c.wrong + c.open, 9U);
            EXPECT_GT(c.open, 0U);
        }
        (*m)(1, 1) = before;
    }
}

TEST(BruteForce, SkipsWhatIsTooLarge) {
    Model model(golden("max-of-5-golden"));
    SearchOptions options;
    options.max_enumeration = Count(1) << 24;
    const Proof proof = brute_force().prove(model, options);
    EXPECT_NE(proof.skipped.find("1073741824"), std::string::npos);
    EXPECT_EQ(proof.result.correct, 0);
    testing::Random random(7);
    Model enormous(testing::gaussian_model(random, {65, 2, 2, 2}, 1));
    options.max_enumeration = Count(1) << 80;
    EXPECT_FALSE(brute_force().prove(enormous, options).skipped.empty());
    EXPECT_THROW(brute_force().checker().check(enormous, Json::object(), options), CertificateRejected);
    EXPECT_THROW(count_sequences(enormous, {Margin()}, {}, {}), std::invalid_argument);
}

TEST(BruteForce, ATimeLimitLeavesTheRestUnproved) {
    Model model(golden("max-of-5-golden"));
    SearchOptions options;
    options.time_limit_s = 1e-9;
    const CheckResult f = count_sequences(model, {options.margin}, options, options).front();
    EXPECT_FALSE(f.complete);
    EXPECT_LT(f.correct, 1073340012);
    ASSERT_TRUE(f.upper.has_value());
    EXPECT_GT(*f.upper, 1073340012);

    // The strategy may run out of time before it counts: then it has skipped the model and claims nothing.
    const Proof proof = brute_force().prove(model, options);
    EXPECT_FALSE(proof.result.complete);
    EXPECT_LT(proof.result.correct, 1073340012);
    EXPECT_EQ(proof.result.upper.has_value(), proof.skipped.empty());
    EXPECT_GT(proof.result.upper.value_or(1073340013), 1073340012);
}

TEST(BruteForce, RejectsHints) {
    Model model(random_model(1, 2, 2));
    EXPECT_THROW(brute_force().checker().check(model, Json{{"correct", "4"}}, {}), CertificateRejected);
    EXPECT_THROW(brute_force().checker().check(model, Json::array(), {}), CertificateRejected);
    EXPECT_NO_THROW(brute_force().checker().check(model, Json::object(), {}));
}

TEST(BruteForce, ProofLengthDependsOnTheShapeAlone) {
    testing::Random random(8);
    Model a(testing::gaussian_model(random, {2, 3, 2, 2}, 1)),
        b(testing::gaussian_model(random, {2, 3, 2, 2}, 9));
    const std::uint64_t flops = brute_force().checker().proof_flops(a, {}, {}).value();
    EXPECT_EQ(flops, brute_force().checker().proof_flops(b, {}, {}).value());
    // By hand, beyond the tables: 9 prefixes of 2 tokens take 3 additions each, 9 sequences 2 comparisons.
    EXPECT_GT(flops, 9U * 3 + 9U * 2);
    EXPECT_LT(flops, 1000U);
    EXPECT_EQ(brute_force().checker().unexplained_dimension({4, 64, 32, 32}).value(), 1073741824U);
}

}  // namespace
}  // namespace maxcert
