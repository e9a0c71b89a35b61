#include "tests/support/exhaustive.hpp"

#include <gtest/gtest.h>

#include "data/weights/identity.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {
namespace {

TEST(Exhaustive, AHandMadeModelWithoutAttentionPreferences) {
    // Uniform attention, no direct path: logit[x] is the share of positions that hold x. With two positions
    // (a, b), a != b, it is a tie: 1/2 against 1/2. No rounding occurs, but only equal columns prove a tie.
    OrderedPaths p(2, 3);
    for (std::size_t t = 0; t < 3; ++t) p.EVOU(t, t) = 1;
    Exhaustive e = run_exhaustively(weights_with_paths(p));
    EXPECT_EQ(e.total(), 9U);
    EXPECT_EQ(e.right, 3U);
    EXPECT_EQ(e.undecided, 6U);
    EXPECT_EQ(e.truth[sequence_index({2, 2}, 3)], Truth::right);
    EXPECT_EQ(e.truth[sequence_index({2, 0}, 3)], Truth::undecided);
    // A slightly larger logit for larger tokens settles it.
    for (std::size_t t = 0; t < 3; ++t) p.EVOU(t, t) = 1.0F + 0.125F * static_cast<float>(t);
    e = run_exhaustively(weights_with_paths(p));
    EXPECT_EQ(e.right, 9U);
    // (1, 0): 1.125/2 - 1/2 = 0.0625 is the smallest lead, shared by (2, 1).
    EXPECT_EQ(run_exhaustively(weights_with_paths(p), "0.0624").right, 9U);
    EXPECT_EQ(run_exhaustively(weights_with_paths(p), "0.0626").wrong, 4U);
}

TEST(Exhaustive, EqualColumnsTie) {
    OrderedPaths p(1, 2);
    p.EU(0, 0) = p.EU(0, 1) = 1;
    Weights w = weights_with_paths(p);
    w.W_U[2 * 2 + 0] = w.W_U[3 * 2 + 0] = w.W_U[2 * 2 + 1] = w.W_U[3 * 2 + 1] = 0;
    EXPECT_EQ(run_exhaustively(w).wrong, 2U);
}

TEST(Exhaustive, SequencesAndTheirPlaces) {
    const Shape shape{3, 5, 1, 1};
    for (std::uint64_t i = 0; i < 125; ++i) EXPECT_EQ(sequence_index(sequence_at(i, shape), 5), i);
}

TEST(RandomModels, AreOfEveryKindAndReproducible) {
    std::uint64_t mixed = 0, ties = 0, all_right = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Weights w = random_model(seed, 3, 4);
        EXPECT_EQ(sha256_of(w), sha256_of(random_model(seed, 3, 4)));
        const Exhaustive e = run_exhaustively(w);
        mixed += e.right > 0 && e.wrong > 0;
        ties += e.undecided > 0;
        all_right += e.right == e.total();
    }
    EXPECT_GE(mixed, 15U);
    EXPECT_GE(ties, 3U);
    EXPECT_GE(all_right, 5U);
}

}  // namespace
}  // namespace maxcert::testing
