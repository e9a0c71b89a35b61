#include "certify/study/ablation.hpp"

#include <gtest/gtest.h>

#include "certify/model/paths.hpp"
#include "certify/study/loss.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

/// Zeroes paths of a model whose weights spell them out (identity blocks).
testing::OrderedPaths random_paths(testing::Random& random, std::uint32_t n_ctx, std::uint32_t d_vocab) {
    testing::OrderedPaths p(n_ctx, d_vocab);
    std::normal_distribution<float> normal(0.0F, 1.0F);
    for (auto* m : {&p.EU, &p.EVOU, &p.EQKE, &p.PVOU, &p.EQKP}) {
        for (std::size_t i = 0; i < m->rows(); ++i) {
            for (std::size_t j = 0; j < m->columns(); ++j) (*m)(i, j) = normal(random);
        }
    }
    for (std::size_t t = 0; t < d_vocab; ++t) p.EVOU(t, t) += 2;
    return p;
}

TEST(Ablation, CountsWhatTheAblatedModelDoes) {
    testing::Random random(1);
    for (int trial = 0; trial < 4; ++trial) {
        testing::OrderedPaths p = random_paths(random, 3, 4);
        Model model(testing::weights_with_paths(p));
        for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
            testing::OrderedPaths without = p;
            const auto clear = [](Matrix<float>& m) { m = Matrix<float>(m.rows(), m.columns()); };
            if (zeroed & kEU) clear(without.EU);
            if (zeroed & kEQKE) clear(without.EQKE);
            if (zeroed & kEQKP) clear(without.EQKP);
            if (zeroed & kEVOU) clear(without.EVOU);
            if (zeroed & kPVOU) clear(without.PVOU);
            const testing::Exhaustive truth = testing::run_exhaustively(testing::weights_with_paths(without));
            const WalkCounts found = count_ablated(model, zeroed, 2);
            EXPECT_EQ(found.right + found.wrong + found.open, truth.total());
            EXPECT_LE(found.right, truth.right) << zeroed;
            EXPECT_GE(found.right + found.open, truth.right) << zeroed;
            EXPECT_LE(found.open, truth.undecided) << zeroed;
        }
    }
}

// Without EQKE many outputs can win, and the walk ends in coarse sweeps.
TEST(Ablation, CountsWhereManyOutputsCanWin) {
    testing::Random random(3);
    for (const std::uint32_t n_ctx : {3U, 4U}) {
        testing::OrderedPaths p = random_paths(random, n_ctx, n_ctx == 3 ? 17 : 9);
        p.EQKE = Matrix<float>(p.EQKE.rows(), p.EQKE.columns());
        for (std::size_t t = 0; t < p.EVOU.rows(); ++t) p.EVOU(t, t) += 6;  // each token copies itself
        const Weights weights = testing::weights_with_paths(p);
        const testing::Exhaustive truth = testing::run_exhaustively(weights);
        Model model(weights);
        const Paths<Interval>& paths = paths_of<Interval>(model);
        for (const Kernels* kernels : available_kernels()) {
            const RoundUpward up;
            WalkRequest request;
            request.margins = {Interval()};
            request.kernels = kernels;
            const WalkCounts found = walk_sequences(paths, request).counts.front();
            EXPECT_GT(found.active_triples, 5 * p.EQKE.rows() * (p.EQKE.rows() + 1) / 2);
            EXPECT_EQ(found.right, truth.right) << kernels->name;
            EXPECT_EQ(found.right + found.wrong, truth.total()) << kernels->name;
        }
    }
}

TEST(Ablation, AgreesWithTheLossOverAllSequences) {
    testing::Random random(2);
    const Weights w = testing::max_like_model(random, 4, 6);
    Model model(w);
    for (const unsigned zeroed : {0U, 2U, 17U}) {
        const LossAndAccuracy all = exhaustive_losses(double_paths(w))[zeroed];
        const WalkCounts found = count_ablated(model, zeroed, 1);
        EXPECT_NEAR(all.accuracy * 1296, static_cast<double>(found.right), 0.5);
        EXPECT_EQ(found.open, 0U);
    }
}

}  // namespace
}  // namespace maxcert
