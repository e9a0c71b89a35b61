// Broken variants of the window and of the cubic check, put together from their own pieces: the comparison
// with the truth must catch each of them, and never complains of the sound pieces.
#include <gtest/gtest.h>

#include <algorithm>

#include "certify/strategies/cubic/check.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/window/cell_walk.hpp"
#include "tests/certify/subcubic/sets.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {
namespace {

/// Tiny models with every path random, so that a small fault shows. `visit` returns true to stop.
template <class Visit>
void for_random_models(Visit&& visit) {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Random random(seed);
        std::normal_distribution<float> normal;
        OrderedPaths p(3, static_cast<std::uint32_t>(3 + seed % 2));
        for (auto* path : {&p.EU, &p.EVOU, &p.EQKE, &p.PVOU, &p.EQKP}) {
            const float scale = path == &p.EQKE || path == &p.EQKP ? 2.0F : 1.0F;
            for (std::size_t i = 0; i < path->rows(); ++i) {
                for (std::size_t j = 0; j < path->columns(); ++j) (*path)(i, j) = scale * normal(random);
            }
        }
        if (visit(weights_with_paths(p))) return;
    }
}

/// Claims the sequences of a proved cell: taken[b] positions in block b, the rest in what follows.
struct ClaimCell {
    const Shape* shape;
    const std::vector<Block>* blocks;
    std::uint32_t q, m;
    ClaimedSet* set;

    void operator()(const std::vector<std::size_t>& taken, std::size_t) const {
        std::uint64_t total = 1;
        for (std::uint32_t i = 0; i < shape->n_ctx; ++i) total *= shape->d_vocab;
        for (std::uint64_t index = 0; index < total; ++index) {
            const auto tokens = sequence_at(index, *shape);
            if (tokens.back() != q || *std::max_element(tokens.begin(), tokens.end()) > m) continue;
            std::vector<std::size_t> in_block(blocks->size());
            for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
                for (std::size_t b = 0; b < blocks->size(); ++b) {
                    in_block[b] += tokens[i] >= (*blocks)[b].first && tokens[i] <= (*blocks)[b].last;
                }
            }
            if (std::equal(taken.begin(), taken.end(), in_block.begin())) set->claim(tokens, m);
        }
    }
};

/// The entries that maxima are over, each times `factor` of its row.
template <class Factor>
RangeMaxima<Interval> times_by_row(const RangeMaxima<Interval>& maxima, std::size_t d_vocab,
                                   Factor&& factor) {
    Matrix<Interval> entries(d_vocab, d_vocab);
    for (std::size_t q = 0; q < d_vocab; ++q) {
        for (std::size_t t = 0; t < d_vocab; ++t) {
            entries(q, t) = maxima.entry(q, t) * factor(q);
        }
    }
    return RangeMaxima<Interval>(entries);
}

/// The pieces of the window check, each of which a mutant may replace.
struct WindowPieces {
    QkError error = QkError::exact_EQKE;
    /// The positions whose PVOU the token bounds take the largest of; normally all.
    virtual Matrix<Interval> positions(const Matrix<Interval>& PVOU) const { return PVOU; }
    virtual void change(AttentionRanges<Interval>&, std::size_t /*d_vocab*/) const {}
    virtual void change(ClassBounds<Interval>&) const {}
    virtual void change(PairTerms<Interval>&) const {}
    /// Positions besides the query's that a class which is left out must be harmless at; normally all.
    virtual std::size_t weighed(std::size_t positions) const { return positions; }
    virtual bool m_needed(std::size_t q, std::size_t m) const { return q != m; }
    virtual ~WindowPieces() = default;
};

Containment claims_of(const Weights& weights, const Exhaustive& truth, const WindowPieces& pieces) {
    Model model(weights);
    const ScoreHints directions = directions_of(model).score;
    const RoundUpward up;
    TableCache<Interval> bench(up, model);
    WindowClaim claim;
    claim.error = pieces.error;
    if (pieces.error != QkError::exact_EQKE) claim.score = directions;
    const Shape& s = weights.shape;
    claim.plan = {
        outputs_around(s.d_vocab, 1, 1), {{1, 1}}, std::vector<std::uint8_t>(pair_index(0, s.d_vocab), 1)};
    const WindowView<Interval> view = window_view(bench, claim, Margin());
    const Matrix<Interval> PVOU = pieces.positions(view.outputs.PVOU);
    const OutputTables<Interval> outputs(view.outputs.EU, view.outputs.EVOU, PVOU);
    AttentionRanges<Interval> attention = view.attention;
    pieces.change(attention, s.d_vocab);
    const SequenceCounts counts(s);
    ClaimedSet set(s, truth);
    for (std::uint32_t m = 0; m < s.d_vocab; ++m) {
        ClassBounds<Interval> bounds = bound_classes(outputs, m, claim.plan.outputs[m], view.margin);
        pieces.change(bounds);
        const std::vector<Block> blocks = blocks_of(claim.plan.partitions[0], m);
        const Matrix<Interval> of_blocks = bound_blocks(bounds, blocks);
        for (std::uint32_t q = 0; q <= m; ++q) {
            PairTerms<Interval> terms;
            find_pair_terms(q, pieces.weighed(s.n_ctx - 1u), blocks, of_blocks, bounds, attention, terms);
            pieces.change(terms);
            CellWalk<Interval, ClaimCell> walk(counts, {&s, &blocks, q, m, &set});
            walk.run(terms, s.n_ctx - 1u, pieces.m_needed(q, m));
        }
    }
    return set.containment();
}

bool is_caught(const WindowPieces& mutant) {
    bool caught = false;
    for_random_models([&](const Weights& weights) {
        const Exhaustive truth = run_exhaustively(weights);
        WindowPieces sound;
        sound.error = mutant.error;
        const Containment c = claims_of(weights, truth, sound);
        EXPECT_TRUE(c.holds()) << c.first;
        caught = !claims_of(weights, truth, mutant).holds();
        return caught || ::testing::Test::HasFailure();
    });
    return caught;
}

TEST(WindowMutants, TheSoundPiecesAreNotCaught) {
    EXPECT_FALSE(is_caught(WindowPieces{}));
    WindowPieces with_error;
    with_error.error = QkError::max_diff_exact;
    EXPECT_FALSE(is_caught(with_error));
}

struct APositionLeftOut : WindowPieces {
    Matrix<Interval> positions(const Matrix<Interval>& PVOU) const override {
        Matrix<Interval> fewer = PVOU;
        for (std::size_t x = 0; x < PVOU.columns(); ++x) fewer(0, x) = PVOU(1, x);
        return fewer;
    }
};
TEST(WindowMutants, APositionLeftOut) {
    EXPECT_TRUE(is_caught(APositionLeftOut{}));
}

struct OnlyTheLargestWeight : WindowPieces {
    void change(AttentionRanges<Interval>& a, std::size_t d_vocab) const override {
        a.negated_lower = times_by_row(a.upper, d_vocab, [](std::size_t) { return exactly<Interval>(-1); });
    }
};
TEST(WindowMutants, OnlyTheLargestWeight) {
    EXPECT_TRUE(is_caught(OnlyTheLargestWeight{}));
}

struct OnlyTheSmallestWeight : WindowPieces {
    void change(AttentionRanges<Interval>& a, std::size_t d_vocab) const override {
        a.upper = times_by_row(a.negated_lower, d_vocab, [](std::size_t) { return exactly<Interval>(-1); });
    }
};
TEST(WindowMutants, OnlyTheSmallestWeight) {
    EXPECT_TRUE(is_caught(OnlyTheSmallestWeight{}));
}

struct FurtherBlocksNeglected : WindowPieces {
    void change(PairTerms<Interval>& t) const override { t.most = t.gain; }
};
TEST(WindowMutants, FurtherBlocksNeglected) {
    EXPECT_TRUE(is_caught(FurtherBlocksNeglected{}));
}

struct OneMoreTokenAlwaysHelps : WindowPieces {
    void change(PairTerms<Interval>& t) const override {
        for (std::size_t b = 0; b < t.falls.rows(); ++b) {
            for (std::size_t c = 0; c < t.falls.columns(); ++c) t.falls(b, c) = 1;
        }
    }
};
TEST(WindowMutants, OneMoreTokenAlwaysHelps) {
    EXPECT_TRUE(is_caught(OneMoreTokenAlwaysHelps{}));
}

struct FarTokensByTheirNearest : WindowPieces {
    void change(ClassBounds<Interval>& b) const override { b.upto = b.token; }
};
TEST(WindowMutants, FarTokensByTheirNearest) {
    EXPECT_TRUE(is_caught(FarTokensByTheirNearest{}));
}

struct AClassForgotten : WindowPieces {
    void change(PairTerms<Interval>& t) const override {
        if (t.query.size() < 2) return;
        t.query.pop_back();
        for (Matrix<Interval>* of : {&t.gain, &t.most}) {
            Matrix<Interval> fewer(of->rows(), of->columns() - 1);
            for (std::size_t b = 0; b < fewer.rows(); ++b) {
                for (std::size_t c = 0; c < fewer.columns(); ++c) fewer(b, c) = (*of)(b, c);
            }
            *of = fewer;
        }
    }
};
TEST(WindowMutants, AClassForgotten) {
    EXPECT_TRUE(is_caught(AClassForgotten{}));
}

struct AClassLeftOutThatTwoTokensMakeWin : WindowPieces {
    std::size_t weighed(std::size_t positions) const override { return positions - 1; }
};
TEST(WindowMutants, AClassLeftOutThatTwoTokensMakeWin) {
    EXPECT_TRUE(is_caught(AClassLeftOutThatTwoTokensMakeWin{}));
}

struct ClassesWithoutTheirFirstOutput : WindowPieces {
    void change(ClassBounds<Interval>& b) const override {
        // As if a class began one output later: what it says of a single output then holds of none.
        if (b.classes.empty()) return;
        for (std::size_t q = 0; q < b.query.rows(); ++q) {
            for (Matrix<Interval>* of : {&b.direct, &b.query, &b.token, &b.upto})
                (*of)(q, 0) = exactly<Interval>(-9.0);
        }
    }
};
TEST(WindowMutants, ClassesWithoutTheirFirstOutput) {
    EXPECT_TRUE(is_caught(ClassesWithoutTheirFirstOutput{}));
}

struct MNotNeeded : WindowPieces {
    bool m_needed(std::size_t, std::size_t) const override { return false; }
};
TEST(WindowMutants, MNotNeeded) {
    EXPECT_TRUE(is_caught(MNotNeeded{}));
}

struct QueryWithoutItsTerm : WindowPieces {
    void change(PairTerms<Interval>& t) const override {
        for (Interval& term : t.query) term = exactly<Interval>(0.0);
    }
};
TEST(WindowMutants, QueryWithoutItsTerm) {
    EXPECT_TRUE(is_caught(QueryWithoutItsTerm{}));
}

struct UnexplainedScoresNeglected : WindowPieces {
    UnexplainedScoresNeglected() { error = QkError::max_diff_exact; }
    void change(AttentionRanges<Interval>& a, std::size_t d_vocab) const override {
        // Takes exp(error) out of the upper ends again.
        a.upper = times_by_row(a.upper, d_vocab,
                               [&](std::size_t q) { return exactly<Interval>(1) / a.query_upper[q]; });
        a.query_upper.clear();
    }
};
TEST(WindowMutants, UnexplainedScoresNeglected) {
    EXPECT_TRUE(is_caught(UnexplainedScoresNeglected{}));
}

/// The pieces of the cubic check.
struct CubicPieces {
    using Tables = CubicTables<Interval>;
    using Row = CubicRow<Interval>;
    virtual Verdict pure(const Tables& t, const Row& row, const CubicClaim& c) const {
        return pure_verdict(t, row, c);
    }
    virtual Verdict constant(const Tables& t, const CubicClaim& c) const { return constant_verdict(t, c); }
    virtual std::vector<CubicClaim> claims(const Shape& s, std::uint32_t q, std::uint32_t m) const {
        return claims_about(s, q, m);
    }
    /// The tokens that proved claims of (q, m, n) allow.
    virtual std::vector<std::uint32_t> tokens(std::vector<std::uint32_t> proved, std::uint32_t) const {
        return proved;
    }
    virtual ~CubicPieces() = default;
};

Containment claims_of(const Weights& weights, const Exhaustive& truth, const CubicPieces& pieces) {
    Model model(weights);
    const RoundUpward up;
    const Shape& s = weights.shape;
    TableCache<Interval> bench(up, model);
    const CubicTables<Interval> tables = cubic_tables(bench, Margin());
    ClaimedSet set(s, truth);
    for (std::uint32_t q = 0; q < s.d_vocab; ++q) {
        for (std::uint32_t m = q; m < s.d_vocab; ++m) {
            const CubicRow<Interval> row(tables, q, m);
            std::vector<std::vector<std::uint32_t>> proved(s.n_ctx);
            for (const CubicClaim& c : pieces.claims(s, q, m)) {
                const Verdict v = c.n == 0 ? pieces.constant(tables, c) : pieces.pure(tables, row, c);
                if (v == Verdict::proved) proved[c.n].push_back(c.k);
            }
            for (std::uint32_t n = 0; n < s.n_ctx; ++n) {
                if (proved[n].empty()) continue;
                for_each_sequence(s, q, m, n, pieces.tokens(proved[n], m),
                                  [&](const std::vector<std::uint32_t>& tokens) { set.claim(tokens, m); });
            }
        }
    }
    return set.containment();
}

bool is_caught(const CubicPieces& mutant) {
    bool caught = false;
    for_random_models([&](const Weights& weights) {
        const Exhaustive truth = run_exhaustively(weights);
        const Containment c = claims_of(weights, truth, CubicPieces{});
        EXPECT_TRUE(c.holds()) << c.first;
        caught = !claims_of(weights, truth, mutant).holds();
        return caught || ::testing::Test::HasFailure();
    });
    return caught;
}

TEST(CubicMutants, TheSoundPiecesAreNotCaught) {
    EXPECT_FALSE(is_caught(CubicPieces{}));
}

struct OnlyTheLightestPositions : CubicPieces {
    Verdict pure(const Tables& t, const Row& row, const CubicClaim& c) const override {
        const std::size_t on_m = t.positions.light.columns() - 1 - c.n;
        return sign_verdict(t.positions.light(c.q, on_m) * row.term[c.m] +
                            t.positions.heavy(c.q, c.n) * row.term[c.k] + row.term[c.q]);
    }
};
TEST(CubicMutants, OnlyTheLightestPositions) {
    EXPECT_TRUE(is_caught(OnlyTheLightestPositions{}));
}

struct QueryForgotten : CubicPieces {
    Verdict pure(const Tables& t, const Row& row, const CubicClaim& c) const override {
        Row without = row;
        if (c.q != c.m && c.q != c.k) without.term[c.q] = exactly<Interval>(0.0);
        return pure_verdict(t, without, c);
    }
};
TEST(CubicMutants, QueryForgotten) {
    EXPECT_TRUE(is_caught(QueryForgotten{}));
}

struct EveryTokenIfOneIsProved : CubicPieces {
    std::vector<std::uint32_t> tokens(std::vector<std::uint32_t> proved, std::uint32_t m) const override {
        proved.clear();
        for (std::uint32_t k = 0; k < m; ++k) proved.push_back(k);
        return proved;
    }
};
TEST(CubicMutants, EveryTokenIfOneIsProved) {
    EXPECT_TRUE(is_caught(EveryTokenIfOneIsProved{}));
}

struct NoRoomForM : CubicPieces {
    std::vector<CubicClaim> claims(const Shape& s, std::uint32_t q, std::uint32_t m) const override {
        auto all = claims_about(s, q, m);
        for (std::uint32_t k = 0; k < m; ++k) all.push_back({q, m, s.n_ctx - 1, k});
        return all;
    }
};
TEST(CubicMutants, NoRoomForM) {
    EXPECT_TRUE(is_caught(NoRoomForM{}));
}

struct ConstantTakenForGranted : CubicPieces {
    Verdict constant(const Tables&, const CubicClaim&) const override { return Verdict::proved; }
};
TEST(CubicMutants, ConstantTakenForGranted) {
    EXPECT_TRUE(is_caught(ConstantTakenForGranted{}));
}

}  // namespace
}  // namespace maxcert::testing
