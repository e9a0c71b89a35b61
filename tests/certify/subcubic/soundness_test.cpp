// Random small models: what the cubic and subcubic strategies claim, sequence by sequence, against the truth.
#include <gtest/gtest.h>

#include <cmath>

#include "certify/proof/claimed_weights.hpp"
#include "certify/proof/prover.hpp"
#include "certify/strategies/cubic/check.hpp"
#include "certify/strategies/subcubic/check.hpp"
#include "certify/strategies/subcubic/search.hpp"
#include "tests/certify/subcubic/sets.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {
namespace {

// Under a sanitizer everything is ten times slower: a smaller sample then.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kModels = 60;
#else
constexpr std::uint64_t kModels = 500;
#endif

std::vector<double> random_vector(Random& random, std::size_t n) {
    std::normal_distribution<double> normal;
    std::vector<double> v(n);
    for (double& x : v) x = normal(random);
    return v;
}

/// Directions that have nothing to do with the model, as long as those that a search finds.
void randomize_directions(Random& random, SubcubicHints& hints) {
    ScoreHints& s = hints.score;
    for (auto* v : {&s.mean_position, &s.u, &s.v, &s.peel_query, &s.peel_key, &s.peel_W_Q, &s.peel_W_K,
                    &hints.query_direction}) {
        *v = random_vector(random, v->size());
    }
    s.residual_norm *= std::uniform_real_distribution<double>(0, 2)(random);
}

struct Totals {
    std::uint64_t claimed = 0, right = 0;
};

/// Searches and decides one strategy, and compares cell by cell; also that the count is the size.
void check_strategy(Model& model, const Exhaustive& truth, const SubcubicOptions& options,
                    SubcubicHints hints, const SearchOptions& run, Totals& totals, const std::string& about) {
    const SubcubicDecision d = decide_subcubic(model, options, hints, run);
    const Containment c = expand(model.shape(), hints.gaps, d.verdicts, truth);
    ASSERT_TRUE(c.holds()) << about << ", " << strategy_name(options) << ": " << c.first;
    ASSERT_EQ(count_proved(model.shape(), hints.gaps, d.verdicts),
              Count(static_cast<unsigned long>(c.claimed)))
        << about << ", " << strategy_name(options);
    totals.claimed += c.claimed;
    totals.right += truth.right;
}

template <class Visit>
void for_each_option(Visit&& visit) {
    for (const QkError error : kQkErrors) {
        for (const Direct direct : kDirects) {
            for (const AttentionBound attention : kAttentionBounds) {
                visit(SubcubicOptions{direct, attention, error});
            }
        }
    }
}

TEST(SubcubicSoundness, EveryCellOfEveryStrategyOnRandomModels) {
    SearchOptions run;
    run.max_bits = 128;
    Totals searched, random_hints;
    for (std::uint64_t seed = 0; seed < kModels; ++seed) {
        std::string about;
        const Weights weights = random_model(seed, 4, 6, &about);
        if (weights.shape.d_vocab == 1) continue;
        const Exhaustive truth = run_exhaustively(weights);
        Model model(weights);
        Random random(seed);
        about = "seed " + std::to_string(seed) + " (" + about + ")";
        for_each_option([&](const SubcubicOptions& options) {
            if (HasFatalFailure()) return;
            SubcubicHints hints = search_subcubic(model, options, run.margin);
            check_strategy(model, truth, options, hints, run, searched, about);
            // Every hint counts: all strategies of a kind get random ones in one model of eight.
            if ((seed + static_cast<std::uint64_t>(options.error)) % 8 != 0) return;
            randomize_directions(random, hints);
            search_cells(model, options, run.margin, hints);
            check_strategy(model, truth, options, hints, run, random_hints, about + ", random hints");
        });
        if (HasFatalFailure()) return;
    }
    // The test says something only if the strategies claim something.
    EXPECT_GT(searched.claimed * 4, searched.right);
    EXPECT_GT(random_hints.claimed, 1000U);
}

TEST(SubcubicSoundness, AMarginIsHonoured) {
    SearchOptions run;
    run.max_bits = 128;
    run.margin = Margin("0.37");
    Totals totals;
    for (std::uint64_t seed = 1000; seed < 1000 + kModels / 10; ++seed) {
        const Weights weights = random_model(seed, 3, 5);
        if (weights.shape.d_vocab == 1) continue;
        const Exhaustive truth = run_exhaustively(weights, "0.37");
        Model model(weights);
        for_each_option([&](const SubcubicOptions& options) {
            if (HasFatalFailure()) return;
            const SubcubicHints hints = search_subcubic(model, options, run.margin);
            check_strategy(model, truth, options, hints, run, totals, "seed " + std::to_string(seed));
        });
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(totals.claimed, 1000U);
}

/// The proved cells of the cubic check, written out.
Containment expand_cubic(Model& model, const Margin& margin, const Exhaustive& truth) {
    const RoundUpward up;
    const Shape& s = model.shape();
    TableCache<Interval> bench(up, model);
    const CubicTables<Interval> tables = cubic_tables(bench, margin);
    ClaimedSet set(s, truth);
    for (std::uint32_t q = 0; q < s.d_vocab; ++q) {
        for (std::uint32_t m = q; m < s.d_vocab; ++m) {
            const CubicRow<Interval> row(tables, q, m);
            std::vector<std::vector<std::uint32_t>> proved(s.n_ctx);
            for (const CubicClaim& c : claims_about(s, q, m)) {
                const Verdict v = c.n == 0 ? constant_verdict(tables, c) : pure_verdict(tables, row, c);
                if (v == Verdict::proved) proved[c.n].push_back(c.k);
            }
            for (std::uint32_t n = 0; n < s.n_ctx; ++n) {
                if (proved[n].empty()) continue;
                for_each_sequence(s, q, m, n, proved[n],
                                  [&](const std::vector<std::uint32_t>& tokens) { set.claim(tokens, m); });
            }
        }
    }
    return set.containment();
}

TEST(CubicSoundness, EveryCellOnRandomModels) {
    SearchOptions run;
    run.max_bits = 128;
    Totals totals;
    for (std::uint64_t seed = 0; seed < kModels; ++seed) {
        std::string about;
        const Weights weights = random_model(seed, 4, 6, &about);
        Model model(weights);
        const Exhaustive truth = run_exhaustively(weights);
        const CheckResult result =
            select_strategies("cubic").at(0)->checker().check(model, Json::object(), run);
        if (weights.shape.d_vocab == 1) {
            EXPECT_EQ(result.correct, 1);
            EXPECT_EQ(truth.right, 1U);
            continue;
        }
        const Containment c = expand_cubic(model, run.margin, truth);
        ASSERT_TRUE(c.holds()) << "seed " << seed << " (" << about << "): " << c.first;
        // What escalates is proved later, so the count can only be larger than without it.
        ASSERT_GE(result.correct, Count(static_cast<unsigned long>(c.claimed))) << "seed " << seed;
        ASSERT_LE(result.correct, Count(static_cast<unsigned long>(truth.right))) << "seed " << seed;
        totals.claimed += c.claimed;
        totals.right += truth.right;
    }
    EXPECT_GT(totals.claimed * 2, totals.right);
}

/// What is proved of a box of models holds for models drawn from it.
TEST(SubcubicSoundness, ABoxOfModels) {
    constexpr double kRelative = 0x1p-8;
    Totals totals;
    for (std::uint64_t seed = 2000; seed < 2000 + kModels / 20; ++seed) {
        Random random(seed);
        const Weights centre = max_like_model(random, 3, 4);
        Model box = model_of(centre, parse_weight_radius("0.00390625r"));
        std::vector<std::pair<SubcubicOptions, SubcubicHints>> proofs;
        std::vector<SubcubicDecision> decisions;
        for_each_option([&](const SubcubicOptions& options) {
            proofs.emplace_back(options, search_subcubic(box, options, Margin()));
            decisions.push_back(decide_subcubic(box, options, proofs.back().second, SearchOptions()));
        });
        for (int draw = 0; draw < 3; ++draw) {
            Weights w = centre;
            std::uniform_real_distribution<double> uniform(1 - kRelative, 1 + kRelative);
            for (auto* m : {&w.W_E, &w.W_pos, &w.W_Q, &w.W_K, &w.W_V, &w.W_O, &w.W_U}) {
                // Rounded to fewer bits than the box is wide, towards the centre: never outside.
                for (float& x : *m)
                    x *= static_cast<float>(1 + std::trunc((uniform(random) - 1) * 0x1p20) * 0x1p-20);
            }
            const Exhaustive truth = run_exhaustively(w);
            for (std::size_t i = 0; i < proofs.size(); ++i) {
                const Containment c = expand(w.shape, proofs[i].second.gaps, decisions[i].verdicts, truth);
                ASSERT_TRUE(c.holds())
                    << "seed " << seed << ", " << strategy_name(proofs[i].first) << ": " << c.first;
                totals.claimed += c.claimed;
            }
        }
    }
    EXPECT_GT(totals.claimed, 1000U);
}

/// The right logit leads by 1/2 on top of 2^60: double intervals cannot tell, MPFR can.
TEST(SubcubicSoundness, WhatDoubleIntervalsLeaveOpenIsDecidedInMpfr) {
    const Weights w{{1, 2, 2, 1}, {0x1p30F, 1, 0, 0},         {0, 0}, {0, 0}, {0, 0}, {0, 0},
                    {0, 0},       {0x1p30F, 0x1p30F, 1, 0.5F}};
    ASSERT_EQ(run_exhaustively(w).truth[0], Truth::right);
    for (const char* name :
         {"cubic", "max_diff_exact/convex/svd", "max_diff/mean_query+diff/mean+max_diff"}) {
        Model model(w);
        const CheckResult result = select_strategies(name).at(0)->prove(model, SearchOptions()).result;
        EXPECT_EQ(result.correct, 1) << name;  // (1) is a tie
        EXPECT_EQ(result.bits_used, 128) << name;
        EXPECT_EQ(result.figures["escalated"].get<int>(), 1) << name;
        SearchOptions margin;
        margin.margin = Margin("0.5");
        EXPECT_EQ(select_strategies(name).at(0)->prove(model, margin).result.correct, 0) << name;
    }
}

TEST(SubcubicSoundness, TheTrapOfTheAverageQueryIsNotFallenInto) {
    const Weights weights = golden("mean-diff-trap");
    const Exhaustive truth = run_exhaustively(weights);
    ASSERT_EQ(truth.truth[sequence_index({3, 0}, 4)], Truth::wrong);
    Model model(weights);
    Totals totals;
    for_each_option([&](const SubcubicOptions& options) {
        SubcubicHints hints = search_subcubic(model, options, Margin());
        check_strategy(model, truth, options, hints, SearchOptions(), totals, "trap");
        if (options.attention != AttentionBound::mean_query) return;
        // Whatever the average attention: the smallest gaps claim the trap's cell if anything does.
        for (const double average : {0.0, 0.25, 0.5, 0.75, 0.9, 1.0}) {
            for (std::uint32_t& a : hints.mean_attention) {
                a = static_cast<std::uint32_t>(average * kAttentionUnits);
            }
            for_each_cell(model.shape(), [&](std::size_t i, const Cell& c) {
                hints.gaps[i] = CellRules::admits(model.shape(), c, 1) ? 1 : 0;
            });
            check_strategy(model, truth, options, hints, SearchOptions(), totals, "trap");
        }
    });
    EXPECT_GT(totals.claimed, 0U);
}

}  // namespace
}  // namespace maxcert::testing
