// The walk in floats of groups in which many outputs can win, against integers: sums are exact, many are
// ties, and whole groups as well as single sequences must fall on the right side of 0.
#include "certify/study/coarse_walk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "certify/model/model.hpp"
#include "certify/model/paths.hpp"
#include "certify/strategies/brute_force/walk.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

struct Case {
    std::uint32_t n_ctx, d_vocab;
    int spread;  ///< terms are integers of at most this size
};

/// Attention is uniform, so that every weight is exactly 1.
testing::OrderedPaths integer_paths(testing::Random& random, const Case& c) {
    testing::OrderedPaths p(c.n_ctx, c.d_vocab);
    std::uniform_int_distribution<int> term(-c.spread, c.spread);
    for (auto* m : {&p.EU, &p.EVOU, &p.PVOU}) {
        for (std::size_t i = 0; i < m->rows(); ++i) {
            for (std::size_t j = 0; j < m->columns(); ++j) (*m)(i, j) = static_cast<float>(term(random));
        }
    }
    for (std::size_t t = 0; t < c.d_vocab; ++t) p.EVOU(t, t) += static_cast<float>(4 * c.spread);
    return p;
}

/// How many sequences lead by more than `margin` (a logit's terms all weigh n_ctx times what they do).
std::uint64_t count_right(const testing::OrderedPaths& p, const Case& c, long margin) {
    std::vector<std::size_t> tokens(c.n_ctx, 0);
    std::uint64_t right = 0;
    for (bool more = true; more;) {
        const std::size_t q = tokens.back(), m = *std::max_element(tokens.begin(), tokens.end());
        bool leads = true;
        for (std::size_t x = 0; x < c.d_vocab; ++x) {
            if (x == m) continue;
            long lead = 0;
            for (std::size_t i = 0; i < c.n_ctx; ++i) {
                const auto logit = [&](std::size_t output) {
                    return std::lround(p.EU(q, output) + p.EVOU(tokens[i], output) + p.PVOU(i, output));
                };
                lead += logit(m) - logit(x) - margin;
            }
            leads = leads && lead > 0;
        }
        right += leads ? 1 : 0;
        std::size_t i = c.n_ctx;
        while (i > 0 && ++tokens[i - 1] == c.d_vocab) tokens[--i] = 0;
        more = i > 0;
    }
    return right;
}

TEST(CoarseWalk, CountsIntegersExactly) {
    testing::Random random(11);
    std::uint64_t all_right = 0, all_sequences = 0;
    for (const Case& c : {Case{3, 22, 2}, Case{3, 17, 1}, Case{4, 12, 1}, Case{3, 16, 0}}) {
        const testing::OrderedPaths p = integer_paths(random, c);
        Model model(testing::weights_with_paths(p));
        const Paths<Interval>& paths = paths_of<Interval>(model);
        for (const bool exchangeable : {false, true}) {
            const RoundUpward up;
            WalkRequest request;
            for (const double margin : {0.0, 1.0, 2.0}) request.margins.push_back(exactly<Interval>(margin));
            request.other_walk = [&] {
                return std::make_unique<CoarseWalk>(c.d_vocab, c.n_ctx, exchangeable, Deadline());
            };
            const WalkResult found = walk_sequences(paths, request);
            for (std::size_t d = 0; d < request.margins.size(); ++d) {
                const WalkCounts& counts = found.counts[d];
                const std::uint64_t right = count_right(p, c, static_cast<long>(d));
                EXPECT_EQ(counts.right, right) << exchangeable << " " << c.n_ctx << " " << d;
                EXPECT_EQ(counts.open, 0U);
                all_right += right, all_sequences += counts.right + counts.wrong;
            }
        }
    }
    EXPECT_GT(all_right, all_sequences / 50);
    EXPECT_LT(all_right, all_sequences / 2);
}

TEST(CoarseWalk, TakesOnlyGroupsThatFloatsCanHold) {
    testing::Random random(12);
    const Case c{3, 12, 1};
    for (const float scale : {1.0F, 1e29F, 1e32F}) {
        testing::OrderedPaths p = integer_paths(random, c);
        for (std::size_t j = 0; j < c.d_vocab; ++j) p.EVOU(1, j) *= scale;
        Model model(testing::weights_with_paths(p));
        const Paths<Interval>& paths = paths_of<Interval>(model);
        const RoundUpward up;
        const Kernels& kernels = *available_kernels().front();
        const SplitPaths split(paths);
        const QueryTables tables(up, paths, split, 0, kernels);
        CoarseWalk walk(c.d_vocab, c.n_ctx, false, Deadline());
        EXPECT_EQ(walk.takes(tables, 5, {1, 2, 3, 4, 6, 7, 8, 9, 10, 11}), scale < 1e30F) << scale;
        EXPECT_FALSE(walk.takes(tables, 5, {1, 2, 3}));
        EXPECT_FALSE(walk.takes(tables, 0, {1, 2, 3, 4, 6, 7, 8, 9, 10, 11}));
    }
}

}  // namespace
}  // namespace maxcert
