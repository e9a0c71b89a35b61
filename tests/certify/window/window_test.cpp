// The window strategies: every cell against an exhaustive run, golden models, hints that must be rejected.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string_view>

#include "certify/arithmetic/estimate.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/window/cell_walk.hpp"
#include "certify/strategies/window/check.hpp"
#include "certify/strategies/window/plan_json.hpp"
#include "data/base/errors.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {

// An interval that counts what is done to it, to hold the walk's own count to it.
struct Metered {
    Interval value;
    static inline std::uint64_t operations = 0;
    friend Metered operator+(Metered a, Metered b) { return ++operations, Metered{a.value + b.value}; }
    friend Metered operator*(Metered a, Metered b) { return ++operations, Metered{a.value * b.value}; }
    Metered& operator+=(Metered b) { return *this = *this + b; }
    friend Metered min(Metered a, Metered b) { return ++operations, Metered{min(a.value, b.value)}; }
    friend bool certainly_negative(Metered a) { return ++operations, certainly_negative(a.value); }
    friend bool certainly_nonnegative(Metered a) { return ++operations, certainly_nonnegative(a.value); }
};

}  // namespace maxcert::testing

namespace maxcert {
template <>
inline testing::Metered exactly<testing::Metered>(double value) {
    return {exactly<Interval>(value)};
}
}  // namespace maxcert

namespace maxcert::testing {
namespace {

Matrix<Metered> metered(const Matrix<Interval>& from) {
    Matrix<Metered> to(from.rows(), from.columns());
    for (std::size_t i = 0; i < from.rows(); ++i) {
        for (std::size_t j = 0; j < from.columns(); ++j) to(i, j) = {from(i, j)};
    }
    return to;
}

const Prover& strategy(std::string_view name) {
    return *select_strategies(std::string(name)).at(0);
}

std::size_t draw(Random& random, std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(random);
}

// Any plan within the limits is sound, so draw one at random.
WindowPlan random_plan(Random& random, std::size_t d_vocab) {
    WindowPlan plan;
    for (std::size_t m = 0; m < d_vocab; ++m) {
        ClassStarts starts{0};
        for (std::size_t x = 1; x < d_vocab; ++x) {
            if (draw(random, 0, 1) == 0) starts.push_back(x);
        }
        plan.outputs.push_back(starts);
    }
    for (int i = 0; i < 4; ++i) {
        Partition partition{1};
        for (std::size_t n = draw(random, 0, 3); n > 0; --n) {
            partition.push_back(static_cast<unsigned>(draw(random, 1, 2)));
        }
        plan.partitions.push_back(partition);
    }
    for (std::size_t i = 0; i < pair_index(0, d_vocab); ++i) {
        plan.choice.push_back(static_cast<std::uint8_t>(draw(random, i % 7 == 0 ? 0 : 1, 4)));
    }
    return plan;
}

// The sequences of a cell, found by looking at all of them; true if every one is right.
struct CellCheck {
    const Exhaustive* exhaustive;
    const Shape* shape;
    const std::vector<Block>* blocks;
    std::size_t q, m;
    std::vector<int>* times_proved;

    void operator()(const std::vector<std::size_t>& taken, std::size_t rest) const {
        for (std::uint64_t index = 0; index < exhaustive->total(); ++index) {
            const auto tokens = sequence_at(index, *shape);
            if (tokens.back() != q || *std::max_element(tokens.begin(), tokens.end()) != m) continue;
            std::vector<std::size_t> in_block(blocks->size());
            for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
                for (std::size_t b = 0; b < blocks->size(); ++b) {
                    const Block block = (*blocks)[b];
                    in_block[b] += tokens[i] >= block.first && tokens[i] <= block.last ? 1 : 0;
                }
            }
            if (!std::equal(taken.begin(), taken.end(), in_block.begin())) continue;
            ++(*times_proved)[index];
            EXPECT_NE(exhaustive->truth[index], Truth::wrong) << "q=" << q << " m=" << m << " rest=" << rest;
        }
    }
};

// Any directions are sound too: those of the search, or anything.
ScoreHints random_directions(Random& random, Model& model) {
    ScoreHints hints = directions_of(model).score;
    if (draw(random, 0, 1) == 0) return hints;
    std::normal_distribution<double> normal;
    for (auto* v : {&hints.mean_position, &hints.u, &hints.v, &hints.peel_query, &hints.peel_key,
                    &hints.peel_W_Q, &hints.peel_W_K}) {
        for (double& x : *v) x += 0.5 * static_cast<float>(normal(random));
    }
    return hints;
}

// Proves a claim cell by cell in double intervals; the count must be that of the sequences in the cells.
void check_cells(Model& model, const Exhaustive& exhaustive, const WindowClaim& claim, const Margin& margin) {
    const RoundUpward up;
    TableCache<Interval> bench(up, model);
    const WindowView<Interval> view = window_view(bench, claim, margin);
    const Shape& shape = model.shape();
    const SequenceCounts counts(shape);
    std::vector<int> times_proved(exhaustive.total());
    Count proved = 0;
    for (std::size_t m = 0; m < shape.d_vocab; ++m) {
        for_each_pair(view, claim.plan, m, [&](std::size_t q, const PairTerms<Interval>& terms) {
            CellWalk<Interval, CellCheck> walk(counts,
                                               {&exhaustive, &shape, &terms.blocks, q, m, &times_proved});
            walk.run(terms, shape.n_ctx - 1u, q != m);
            proved += walk.proved();
        });
    }
    unsigned long sequences = 0;
    for (const int n : times_proved) {
        EXPECT_LE(n, 1);
        sequences += static_cast<unsigned long>(n);
    }
    EXPECT_EQ(proved, Count(sequences));
}

TEST(Window, EveryCellOfRandomModelsIsRight) {
    std::uint64_t proved_something = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        std::string description;
        const Weights weights = random_model(seed, 4, 5, &description);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + description);
        const std::string margin = seed % 5 == 0 ? "0.25" : "0";
        const Exhaustive exhaustive = run_exhaustively(weights, margin);
        Model model(weights);
        Random random(seed);
        WindowClaim claim;
        claim.error = kQkErrors[seed % kQkErrors.size()];
        claim.score = random_directions(random, model);
        claim.plan = random_plan(random, weights.shape.d_vocab);
        check_cells(model, exhaustive, claim, Margin(margin));
        Options options;
        options.margin = Margin(margin);
        options.max_bits = 256;
        const CheckResult f = check_window(model, claim, options);
        EXPECT_LE(f.correct, Count(exhaustive.right + exhaustive.undecided));
        proved_something += f.correct > 0 ? 1 : 0;
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GE(proved_something, 300U);
}

TEST(Window, AWindowOfAllTokensIsNearlyExact) {
    // With every token and every output on its own only the spread over positions is lost; without one,
    // nothing is.
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        Weights weights = max_like_model(random, 3, 4);
        std::fill(weights.W_pos.begin(), weights.W_pos.end(), 0.0F);
        const Exhaustive exhaustive = run_exhaustively(weights);
        Model model(weights);
        const CheckResult f = strategy("window/6").prove(model, {}).result;
        // An output above m+1 belongs to a class of its own only if it is alone there.
        WindowClaim claim;
        claim.plan = {outputs_around(4, 4, 4), {{1, 1, 1, 1}}, std::vector<std::uint8_t>(10, 1)};
        const CheckResult wide = check_window(model, claim, {});
        EXPECT_EQ(wide.correct, Count(exhaustive.right)) << "seed " << seed;
        EXPECT_LE(f.correct, wide.correct);
    }
}

TEST(Window, GoldenBoundsAndProofLengths) {
    Model k4(golden("max-of-4-golden"));
    const char* correct[] = {"15236464", "16474476", "16726927", "16759005", "16760359", "16760922"};
    for (unsigned w = 1; w <= 6; ++w) {
        const Prover& s = strategy("window/" + std::to_string(w));
        const Proof proof = s.prove(k4, {});
        EXPECT_EQ(proof.result.correct.get_str(), correct[w - 1]);
        EXPECT_LE(s.checker().proof_flops(k4, proof.hints, proof.result).value(), 3'000'000U);
        EXPECT_GE(s.checker().proof_flops(k4, proof.hints, proof.result).value(),
                  1'300'000U);  // the products alone
    }
    Model k5(golden("max-of-5-golden"));
    EXPECT_EQ(strategy("window/3").prove(k5, {}).result.correct.get_str(), "1072531824");
}

TEST(Window, AdaptiveProvesMoreForLess) {
    Model model(golden("max-of-4-golden"));
    const Prover& s = strategy("window/adaptive");
    const Proof proof = s.prove(model, {});
    EXPECT_GE(proof.result.correct, Count("16769000"));  // 0.99951
    EXPECT_LE(s.checker().proof_flops(model, proof.hints, proof.result).value(), 2'200'000U);
    // With nothing chosen nothing is proved, and with fewer pairs less.
    Json hints = proof.hints;
    hints["choice"][pair_index(30, 60)] = 0U;
    EXPECT_LT(s.checker().check(model, hints, {}).correct, proof.result.correct);
    for (Json& one : hints["choice"]) one = 0U;
    EXPECT_EQ(s.checker().check(model, hints, {}).correct, 0);
}

TEST(Window, ABudgetIsKeptAndALargerOneProvesMore) {
    Model model(golden("max-of-4-golden"));
    const Prover& s = strategy("window/adaptive");
    Count before = 0;
    for (const std::uint64_t budget : {1'700'000U, 1'750'000U, 1'850'000U, 2'200'000U, 3'500'000U}) {
        Options options;
        options.proof_budget = budget;
        const Proof proof = s.prove(model, options);
        EXPECT_LE(s.checker().proof_flops(model, proof.hints, proof.result).value(), budget);
        EXPECT_GT(proof.result.correct, before) << budget;
        before = proof.result.correct;
    }
}

TEST(Window, MaximaOverAnyRun) {
    Random random(3);
    for (std::size_t width = 1; width <= 20; ++width) {
        Matrix<Estimate> rows(2, width);
        for (std::size_t j = 0; j < width; ++j) {
            rows(0, j) = exactly<Estimate>(-1.0 - static_cast<double>(draw(random, 0, 9)));
            rows(1, j) = exactly<Estimate>(static_cast<double>(draw(random, 0, 9)));
        }
        const RangeMaxima<Estimate> maxima(rows);
        const RowMaxima<Estimate> of_rows(rows);
        for (std::size_t row = 0; row < 2; ++row) {
            for (std::size_t first = 0; first < width; ++first) {
                double expected = rows(row, first).value();
                for (std::size_t last = first; last < width; ++last) {
                    expected = std::max(expected, rows(row, last).value());
                    std::uint64_t comparisons = 0;
                    EXPECT_EQ(maxima.over(row, first, last, comparisons).value(), expected);
                    EXPECT_LE(comparisons, 2 * 5U);
                    EXPECT_EQ(of_rows.over(row, first, last).value(), expected);
                }
            }
        }
    }
}

TEST(Window, TheExactErrorOptionIsThePlainStrategy) {
    Model model(golden("max-of-5-golden"));
    for (const char* name : {"window/2", "window/adaptive"}) {
        const std::string exact = std::string(name) + "/exact_EQKE+max_diff_exact";
        const CheckResult a = strategy(name).prove(model, {}).result;
        const CheckResult b = strategy(exact).prove(model, {}).result;
        EXPECT_EQ(a.correct, b.correct);
        EXPECT_EQ(a.figures, b.figures);
    }
}

TEST(Window, BothArithmeticsAndAnyNumberOfThreadsAgree) {
    Model model(golden("max-of-4-golden"));
    Options mpfr;
    mpfr.arithmetic = Arithmetic::mpfr;
    mpfr.threads = 2;
    for (const char* name : {"window/2", "window/4/svd", "window/adaptive/mean+max_diff_subproduct"}) {
        const CheckResult a = strategy(name).prove(model, {}).result;
        const CheckResult b = strategy(name).prove(model, mpfr).result;
        EXPECT_EQ(a.correct, b.correct);
        EXPECT_EQ(a.figures["cell_operations"], b.figures["cell_operations"]);
        EXPECT_EQ(b.bits_used, 128);
    }
}

TEST(Window, AMarginAndABoxOfModelsProveLess) {
    const Weights weights = golden("max-of-4-golden");
    Model model(weights);
    Options options;
    const Count plain = strategy("window/4").prove(model, options).result.correct;
    options.margin = Margin("0.5");
    const Count with_margin = strategy("window/4").prove(model, options).result.correct;
    EXPECT_LT(with_margin, plain);
    EXPECT_GT(with_margin, 0);
    Model box = model_of(weights, parse_weight_radius("1e-4r"));
    const CheckResult boxed = strategy("window/4").prove(box, {}).result;
    EXPECT_LT(boxed.correct, plain);
    EXPECT_GT(boxed.correct, 0);
}

TEST(Window, DegenerateShapes) {
    Random random(1);
    for (const Shape shape : {Shape{1, 1, 2, 2}, Shape{3, 1, 2, 2}, Shape{1, 4, 3, 2}, Shape{2, 2, 2, 1}}) {
        const Weights weights = gaussian_model(random, shape, 1.0F);
        const Exhaustive exhaustive = run_exhaustively(weights);
        Model model(weights);
        for (const char* name : {"window/1", "window/6", "window/adaptive", "window/3/mean+max_diff"}) {
            const CheckResult f = strategy(name).prove(model, {}).result;
            EXPECT_LE(f.correct, Count(exhaustive.right));
            if (shape.n_ctx == 1 || shape.d_vocab == 1) {
                EXPECT_EQ(f.correct, Count(exhaustive.right));
            }
        }
    }
}

TEST(Window, TheWalkCountsItsOperations) {
    Model model(golden("max-of-4-golden"));
    const RoundUpward up;
    TableCache<Interval> bench(up, model);
    const WindowView<Interval> view = window_view(bench, {}, Margin());
    const SequenceCounts counts(model.shape());
    for (std::size_t m : {0U, 1U, 5U, 40U}) {
        for_each_pair(view, uniform_plan(3, 64), m, [&](std::size_t q, const PairTerms<Interval>& terms) {
            PairTerms<Metered> same{
                terms.blocks, {}, metered(terms.gain), metered(terms.most), terms.falls, 0, {}};
            for (const Interval& one : terms.query) same.query.push_back({one});
            CellWalk<Metered> walk(counts);
            Metered::operations = 0;
            walk.run(same, 3, q != m);
            EXPECT_EQ(walk.operations(), Metered::operations);
            EXPECT_GT(walk.operations(), 0U);
        });
    }
}

void expect_rejected(Model& model, const std::string& name, const std::string& hints) {
    EXPECT_THROW(strategy(name).checker().check(model, Json::parse(hints), {}), CertificateRejected) << hints;
}

TEST(Window, RejectsTamperedHints) {
    Model model(golden("max-of-4-golden"));
    for (const char* hints :
         {"{}", R"({"window":0})", R"({"window":7})", R"({"window":"4"})", R"({"window":4.0})",
          R"({"window":-4})", R"({"window":[4]})", R"({"window":4,"more":1})", "[]", "4"}) {
        expect_rejected(model, "window/4", hints);
    }
    EXPECT_GT(strategy("window/4").checker().check(model, Json::parse(R"({"window":4})"), {}).correct, 0);
    const char* name = "window/3/max_diff_subproduct";
    const Json good = strategy(name).prove(model, {}).hints;
    for (const char* field : {"score", "window"}) {
        Json bad = good;
        bad.erase(field);
        expect_rejected(model, name, bad.dump());
        bad[field] = 5;
        expect_rejected(model, name, bad.dump());
    }
    Json bad = good;
    bad["score"]["u"].push_back(0.0);
    expect_rejected(model, name, bad.dump());
    bad = good;
    bad["score"]["v"][0] = "1";
    expect_rejected(model, name, bad.dump());
}

TEST(Window, RejectsTamperedPlans) {
    const Json good = plan_to_json(uniform_plan(2, 3));
    EXPECT_EQ(plan_to_json(plan_from_json(good, 3)), good);
    const auto rejected = [](const Json& hints) {
        EXPECT_THROW(plan_from_json(hints, 3), CertificateRejected) << hints;
    };
    for (const char* field : {"outputs", "partitions", "choice"}) {
        Json bad = good;
        bad.erase(field);
        rejected(bad);
        bad[field] = "1";
        rejected(bad);
    }
    const auto with = [&good](const char* field, const char* value) {
        Json bad = good;
        bad[field] = Json::parse(value);
        return bad;
    };
    // Classes begin at 0 and ascend within the vocabulary, one list for each maximum.
    EXPECT_NO_THROW(plan_from_json(with("outputs", "[[0],[0,1],[0,1,2]]"), 3));
    for (const char* value :
         {"[]", "[[0],[0]]", "[[0],[0],[0],[0]]", "[[0],[0],[]]", "[[0],[0],[1]]", "[[0],[0],[0,0]]",
          "[[0],[0],[0,2,1]]", "[[0],[0],[0,3]]", "[[0],[0],[0,-1]]", "[[0],[0],[0,1.0]]",
          "[[0],[0],[\"0\"]]", "[[0],[0],0]", "[[0],[0],{}]", "[[0],[0],[0,1e30]]"}) {
        rejected(with("outputs", value));
    }
    for (const char* value :
         {"[[]]", "[[0]]", "[[2]]", "[[1,0]]", "[[1,65537]]", "[[1,-1]]", "[[1,1.0]]", "[1]"}) {
        rejected(with("partitions", value));
    }
    rejected(with("partitions", Json::array({Partition(kMaxBlocks + 1, 1)}).dump().c_str()));
    for (const char* value : {"[]", "[1,1,1,1,1]", "[1,1,1,1,1,1,1]", "[1,1,1,1,1,2]", "[1,1,1,1,1,-1]",
                              "[1,1,1,1,1,0.5]", "[1,1,1,1,1,257]", "[1,1,1,1,1,\"1\"]"}) {
        rejected(with("choice", value));
    }
}

TEST(Window, BlocksCoverTheTokensOnce) {
    for (const Partition& partition : {Partition{1}, {1, 1}, {1, 2, 4}, {1, 1, 1, 1, 1, 1}}) {
        for (std::size_t m = 0; m < 10; ++m) {
            std::size_t next = m;
            for (const Block& block : blocks_of(partition, m)) {
                EXPECT_EQ(block.last, next);
                EXPECT_LE(block.first, block.last);
                next = block.first - 1;
            }
            EXPECT_EQ(next, static_cast<std::size_t>(-1));
            EXPECT_EQ(blocks_of(partition, m)[0].first, m);
        }
    }
}

TEST(Window, CertificatesAreAcceptedAndOverstatedOnesRejected) {
    const Weights weights = golden("max-of-4-golden");
    Model model(weights);
    for (const char* name :
         {"window/1", "window/4", "window/4/svd", "window/adaptive", "window/adaptive/svd"}) {
        const Json certificate = certified(model, strategy(name), {});
        EXPECT_EQ(verified(certificate, weights, 1).correct.get_str(), certificate["correct"]);
        Json more = certificate;
        more["correct"] = Count(Count(certificate["correct"].get<std::string>()) + 1).get_str();
        EXPECT_THROW(verified(more, weights, 1), CertificateRejected);
    }
}

}  // namespace
}  // namespace maxcert::testing
