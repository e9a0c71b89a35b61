// Broken variants of the subcubic check, put together from its own pieces: the comparison with the truth that
// guards the check must catch each of them.
#include <gtest/gtest.h>

#include <cfenv>
#include <cmath>

#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/subcubic/search.hpp"
#include "certify/strategies/subcubic/tables.hpp"
#include "tests/certify/subcubic/sets.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {
namespace {

using Tables = CellTables<Interval>;

constexpr SubcubicOptions kCentred{Direct::centred, AttentionBound::convex, QkError::exact_EQKE};

SubcubicHints natural_hints(Model& model, const SubcubicOptions& o) {
    SubcubicHints hints;
    hints.score = score_hints(directions_of(model), o.error);
    hints.query_direction = query_direction(directions_of(model), o.direct);
    hints.mean_attention.assign(static_cast<std::size_t>(model.shape().d_vocab) * (model.shape().n_ctx - 1),
                                kAttentionUnits / 4 * 3);
    return hints;
}

/// Takes for every cell the smallest gap that `verdict` proves, and compares what that claims with the
/// truth. Run under RoundUpward, except for the mutant that is not.
template <class Rules, class CellVerdict>
Containment greedy(const Shape& s, const Tables& t, const Exhaustive& truth, CellVerdict&& verdict) {
    SubcubicVerdicts verdicts(s);
    std::vector<std::uint32_t> gaps(number_of_cells(s));
    for_each_cell(s, [&](std::size_t i, const Cell& c) {
        for (std::uint32_t gap = 0; gap <= c.m && verdicts.cells[i] != Verdict::proved; ++gap) {
            if (!Rules::admits(s, c, gap)) continue;
            verdicts.cells[i] = verdict(t, c, gap);
            gaps[i] = gap;
        }
    });
    for (std::size_t m = 0; m < s.d_vocab; ++m)
        verdicts.constants[m] = sign_verdict(t.constant[m] + t.margin);
    return expand<Rules>(s, gaps, verdicts, truth);
}

template <class Rules>
Containment greedy(const Shape& s, const Tables& t, const Exhaustive& truth) {
    return greedy<Rules>(s, t, truth, [](const Tables& tables, const Cell& c, std::uint32_t gap) {
        return cell_verdict<Interval, Rules>(tables, c, gap);
    });
}

/// Tiny models with every path random: with two or three tokens the centred bounds are (nearly) tight, so a
/// small fault shows. `visit` returns true to stop.
template <class Visit>
void for_random_models(Visit&& visit) {
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        Random random(seed);
        std::normal_distribution<float> normal;
        OrderedPaths p(static_cast<std::uint32_t>(2 + seed / 2 % 2),
                       static_cast<std::uint32_t>(2 + seed % 2));
        for (auto* path : {&p.EU, &p.EVOU, &p.EQKE, &p.PVOU, &p.EQKP}) {
            const float scale = path == &p.EQKE || path == &p.EQKP ? 3.0F : path == &p.PVOU ? 0.1F : 1.0F;
            for (std::size_t i = 0; i < path->rows(); ++i) {
                for (std::size_t j = 0; j < path->columns(); ++j) (*path)(i, j) = scale * normal(random);
            }
        }
        if (visit(weights_with_paths(p), random)) return;
    }
}

/// Whether the comparison catches `mutate` (a change of the tables) or MutantRules on some model, and never
/// complains about the sound pieces there.
template <class MutantRules, class Mutate>
bool is_caught(const SubcubicOptions& o, Mutate&& mutate) {
    bool caught = false;
    for_random_models([&](const Weights& w, Random& random) {
        const Exhaustive truth = run_exhaustively(w);
        Model model(w);
        const SubcubicHints hints = natural_hints(model, o);
        const RoundUpward up;
        TableCache<Interval> bench(up, model);
        const Tables sound = gather_tables(bench, o, hints, Margin());
        EXPECT_TRUE(greedy<CellRules>(w.shape, sound, truth).holds());
        caught = !mutate(model, sound, random, [&](const Tables& mutant) {
            return greedy<MutantRules>(w.shape, mutant, truth).holds();
        });
        return caught;
    });
    return caught;
}

const auto kTablesAsTheyAre = [](Model&, const Tables& t, Random&, auto&& holds) { return holds(t); };

TEST(SubcubicMutants, TheSoundRulesAreNotCaught) {
    EXPECT_FALSE(is_caught<CellRules>(kCentred, kTablesAsTheyAre));
}

struct OneChoiceTooMany : CellRules {
    static std::uint32_t choices(const Cell& c, std::uint32_t gap) { return c.m - gap + 2; }
};
TEST(SubcubicMutants, OneChoiceTooMany) {
    EXPECT_TRUE(is_caught<OneChoiceTooMany>(kCentred, kTablesAsTheyAre));
}

struct OnlySmallestAttention : CellRules {
    static constexpr bool kBothEnds = false;
};
TEST(SubcubicMutants, OnlyOneEndOfTheAttentionTested) {
    EXPECT_TRUE(is_caught<OnlySmallestAttention>(kCentred, kTablesAsTheyAre));
}

struct GapZero : CellRules {
    static bool admits(const Shape& s, const Cell& c, std::uint32_t gap) {
        return gap == 0 || CellRules::admits(s, c, gap);
    }
};
TEST(SubcubicMutants, GapZero) {
    EXPECT_TRUE(is_caught<GapZero>(kCentred, kTablesAsTheyAre));
}

/// The published extension: max R as the slope on both sides of the average.
LogitBounds<Interval> published_extension(LogitBounds<Interval> bounds) {
    for (std::size_t i = 0; i + 1 < bounds.lines.size(); i += 2) bounds.lines[i + 1] = bounds.lines[i];
    return bounds;
}

TEST(SubcubicMutants, PublishedExtensionClaimsTheSequenceOfTheTrap) {
    const Weights w = golden("mean-diff-trap");
    const Exhaustive truth = run_exhaustively(w);
    ASSERT_EQ(truth.truth[sequence_index({3, 0}, 4)], Truth::wrong);
    bool claimed = false;
    for (const Direct direct : kDirects) {
        Model model(w);
        const SubcubicOptions o{direct, AttentionBound::mean_query, QkError::exact_EQKE};
        SubcubicHints hints = natural_hints(model, o);
        const RoundUpward up;
        for (std::uint32_t tenths = 0; tenths <= 10; ++tenths) {
            for (std::uint32_t& a : hints.mean_attention) a = kAttentionUnits / 10 * tenths;
            TableCache<Interval> bench(up, model);
            const Tables t = gather_tables(bench, o, hints, Margin());
            const Tables mutant{t.positions,
                                t.scores,
                                t.far,
                                t.spread,
                                t.constant,
                                t.max_error,
                                published_extension(t.logits),
                                t.margin};
            const Containment c = greedy<CellRules>(w.shape, mutant, truth);
            claimed = claimed || c.first.find("sequence 3 0 is not right") != std::string::npos;
            EXPECT_TRUE(greedy<CellRules>(w.shape, t, truth).holds());
        }
    }
    EXPECT_TRUE(claimed);
}

/// Π_u M + M Π_v as the explained part, without - Π_u M Π_v.
TEST(SubcubicMutants, DroppedCrossTerm) {
    static constexpr SubcubicOptions low_rank{Direct::centred, AttentionBound::convex,
                                              QkError::max_diff_exact};
    const auto drop = [](Model& model, const Tables& t, Random&, auto&& holds) {
        const ScoreHints hints = natural_hints(model, low_rank).score;
        QkSplit<Interval> s = unexplained_scores(model.weight_matrices<Interval>(), hints);
        s.explained = Matrix<Interval>(hints.u.size(), hints.v.size());
        const Matrix<Interval> whole_query = s.X_q;
        s.explain_query(hints.u);
        const Peeled<Interval> key = peel(s.X_k, hints.v);
        add_outer(s.explained, times(whole_query, times(s.W_Q, times(key.row, s.W_K))), key.hint);
        const Scores<Interval> broken{s.explained, residual_ranges(s, QkError::max_diff_exact, hints)};
        const ScoreFactors<Interval> factors = score_factors(broken, model.shape().d_head);
        return holds(
            Tables{t.positions, factors, t.far, t.spread, t.constant, t.max_error, t.logits, t.margin});
    };
    EXPECT_TRUE(is_caught<CellRules>(low_rank, drop));
}

/// Logits that differ by less than a rounding: rounded inward, the wrong one seems to lose.
TEST(SubcubicMutants, InwardRounding) {
    const Shape shape{1, 2, 2, 1};
    Weights w{shape,  {0x1p30F, 1, 0, 0},         {0, 0}, {0, 0}, {0, 0}, {0, 0},
              {0, 0}, {0x1p30F, 0x1p30F, 0.5F, 1}};  // EU[0] = (2^60 + 1/2, 2^60 + 1)
    const Exhaustive truth = run_exhaustively(w);
    ASSERT_EQ(truth.truth[0], Truth::wrong);
    const auto holds_when_rounding = [&](int mode) {
        Model model(w);
        const WeightMatrices<Interval> weights = model.weight_matrices<Interval>();
        const RoundUpward up;
        TableCache<Interval> bench(up, model);
        std::fesetround(mode);
        const Tables t = gather_tables(bench, kCentred, natural_hints(model, kCentred), Margin());
        const Containment c = greedy<CellRules>(shape, t, truth);
        std::fesetround(FE_TONEAREST);
        return c.holds();
    };
    EXPECT_TRUE(holds_when_rounding(FE_UPWARD));
    EXPECT_FALSE(holds_when_rounding(FE_DOWNWARD));
}

/// Scores beyond the range of exp: one end of the odds is not a number, and a careless maximum drops it.
TEST(SubcubicMutants, NanDroppedByMax) {
    bool caught = false;
    for (std::uint64_t seed = 0; seed < 200 && !caught; ++seed) {
        Random random(seed);
        const Weights w = gaussian_model(random, {3, 4, 6, 4}, 30);
        const Exhaustive truth = run_exhaustively(w);
        Model model(w);
        const SubcubicHints hints = natural_hints(model, kCentred);
        const RoundUpward up;
        TableCache<Interval> bench(up, model);
        const Tables t = gather_tables(bench, kCentred, hints, Margin());
        EXPECT_TRUE(greedy<CellRules>(w.shape, t, truth).holds());
        const auto careless = [](const Tables& tables, const Cell& c, std::uint32_t gap) {
            const std::size_t far = c.m - gap;
            const Interval direct = tables.spread(c.q, c.m) + tables.margin;
            double worst = -INFINITY;
            const Line<Interval>* line = tables.logits.at(c.m, c.n);
            for (std::size_t i = 0; i < tables.logits.per_cell; ++i) {
                for (const Interval& odds :
                     attention_odds(tables.positions, tables.scores, c.q, c.m, c.n, far)) {
                    const double value = upper_double(
                        line[i].at_one + direct + odds * (line[i].at_zero + direct + tables.far(far, c.m)));
                    if (value > worst) worst = value;  // false for NaN
                }
            }
            return worst < 0 ? Verdict::proved : Verdict::open;
        };
        caught = !greedy<CellRules>(w.shape, t, truth, careless).holds();
    }
    EXPECT_TRUE(caught);
}

/// n = K leaves no position for m. The order of the gaps cannot name it, the rules refuse it, and its
/// sequences have another maximum.
TEST(SubcubicMutants, NoRoomForTheMaximum) {
    const Shape shape{3, 4, 1, 1};
    EXPECT_TRUE(CellRules::admits(shape, {0, 3, 2}, 1));
    EXPECT_FALSE(CellRules::admits(shape, {0, 3, 3}, 1));
    EXPECT_FALSE(CellRules::admits(shape, {0, 3, 0}, 1));
    for_each_cell(shape, [&](std::size_t, const Cell& c) { EXPECT_LT(c.n, shape.n_ctx); });
    Exhaustive all_right;
    all_right.truth.assign(64, Truth::right);
    ClaimedSet set(shape, all_right);
    for_each_sequence(shape, 0, 3, 2, {0, 1, 2}, [&](const auto& tokens) { set.claim(tokens, 3); });
    EXPECT_EQ(set.containment().not_max, 9U);
}

TEST(CellRules, RefuseGapsThatMakeNoCell) {
    const Shape shape{4, 8, 1, 1};
    EXPECT_TRUE(CellRules::admits(shape, {2, 5, 1}, 3));
    EXPECT_FALSE(CellRules::admits(shape, {2, 5, 1}, 4)) << "q above m - g";
    EXPECT_FALSE(CellRules::admits(shape, {5, 5, 1}, 6)) << "g above m";
    EXPECT_TRUE(CellRules::admits(shape, {5, 5, 1}, 5));
    EXPECT_FALSE(CellRules::admits(shape, {5, 5, 1}, 0));
    EXPECT_FALSE(CellRules::admits(shape, {6, 5, 1}, 1)) << "q above m";
    EXPECT_FALSE(CellRules::admits(shape, {0, 8, 1}, 1)) << "no such token";
}

/// m - g choices instead of m - g + 1 are sound, but not what a cell holds.
TEST(CellRules, CountWhatACellHolds) {
    const Shape shape{4, 5, 1, 1};
    Exhaustive all_right;
    all_right.truth.assign(625, Truth::right);
    Count whole = 5;  // the constant sequences
    for_each_cell(shape, [&](std::size_t i, const Cell& c) {
        for (std::uint32_t gap = 1; gap <= c.m; ++gap) {
            if (!CellRules::admits(shape, c, gap)) continue;
            // Enumerated without the rules: every sequence, and the definition of the cell.
            unsigned long held = 0;
            for (std::uint64_t index = 0; index < 625; ++index) {
                const std::vector<std::uint32_t> s = sequence_at(index, shape);
                std::uint32_t others = 0;
                bool inside = s.back() == c.q, has_m = false;
                for (const std::uint32_t token : s) {
                    has_m = has_m || token == c.m;
                    others += token != c.m;
                    inside = inside && (token == c.m || token + gap <= c.m);
                }
                held += inside && has_m && others == c.n;
            }
            CellCounter counter(shape);
            counter.add(c, CellRules::choices(c, gap));
            EXPECT_EQ(counter.total(), Count(held)) << i << " gap " << gap;
            if (gap == 1) whole += counter.total();
            CellCounter fewer(shape);
            fewer.add(c, c.m - gap);
            EXPECT_EQ(fewer.total() == Count(held), free_positions(c) == 0);
        }
    });
    EXPECT_EQ(whole, 625) << "cells of gap 1 are a partition";
}

}  // namespace
}  // namespace maxcert::testing
