#include "certify/strategies/terms/kernels.hpp"

#include <gmpxx.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "certify/model/model.hpp"
#include "certify/model/paths.hpp"
#include "certify/strategies/terms/query_tables.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;

double draw(Random& random) {
    std::uniform_real_distribution<double> mantissa(-1, 1);
    return std::ldexp(mantissa(random), static_cast<int>(random() % 60) - 30);
}

mpq_class exact(double x) {
    return mpq_class(x);
}

TEST(BruteForceKernels, TheBaselineIsAlwaysThere) {
    ASSERT_FALSE(available_kernels().empty());
    EXPECT_STREQ(available_kernels().back()->name, "baseline");
}

// Each end of an enclosure, against exact rationals; a rounding to nearest or a wrong end fails at once.
TEST(BruteForceKernels, TermsBoundTheExactProducts) {
    Random random(1);
    const RoundUpward up;
    for (const Kernels* kernels : available_kernels()) {
        for (int trial = 0; trial < 300; ++trial) {
            constexpr std::size_t n = 2 * kKernelPadding;
            std::vector<double> first(n), second(n), third(n), low(n), high(n), column(n);
            std::vector<float> row(n);
            for (std::size_t j = 0; j < n; ++j) {
                first[j] = draw(random), second[j] = draw(random), third[j] = draw(random);
                low[j] = std::fabs(draw(random)), high[j] = low[j] * (1 + static_cast<double>(random() % 3));
            }
            const std::size_t used = 1 + random() % n;
            ASSERT_TRUE(kernels->scaled_row(first.data(), second.data(), third.data(), low[0], high[0], n,
                                            1e30F, row.data()));
            ASSERT_TRUE(kernels->column(first.data(), second.data(), third[0], low.data(), high.data(), used,
                                        column.data()));
            for (std::size_t j = 0; j < n; ++j) {
                const mpq_class in_row = exact(first[j]) + exact(second[j]) + exact(third[j]);
                for (const double a : {low[0], high[0]}) {
                    EXPECT_GE(exact(static_cast<double>(row[j])), exact(a) * in_row) << kernels->name;
                }
                if (j >= used) {
                    EXPECT_EQ(column[j], 0);
                    continue;
                }
                const mpq_class in_column = exact(first[j]) + exact(second[j]) + exact(third[0]);
                for (const double a : {low[j], high[j]}) {
                    EXPECT_GE(exact(column[j]), exact(a) * in_column) << kernels->name;
                }
                // And not wildly above: an end that bounds nothing would prove nothing.
                const double size =
                    high[j] * (std::fabs(first[j]) + std::fabs(second[j]) + std::fabs(third[0]));
                const mpq_class larger =
                    std::max(mpq_class(exact(low[j]) * in_column), mpq_class(exact(high[j]) * in_column));
                EXPECT_LE(exact(column[j]), larger + exact(size * 1e-15)) << kernels->name;
            }
        }
    }
}

TEST(BruteForceKernels, RefuseWhatIsNotFinite) {
    const RoundUpward up;
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = HUGE_VAL;
    constexpr std::size_t n = kKernelPadding;
    for (const Kernels* kernels : available_kernels()) {
        for (const double bad : {nan, -nan, inf, -inf, 1e300, -1e300}) {
            for (int where = 0; where < 4; ++where) {
                std::vector<double> first(n, 1), second(n, 1), low(n, 1), high(n, 1), out(n);
                std::vector<float> row(n);
                double third = 1;
                if (where == 0) first[n - 1] = bad;
                if (where == 1) second[3] = bad;
                if (where == 2) third = bad;
                if (where == 3) high[5] = bad;
                if (where == 3 && bad < 0) continue;  // attention is never negative
                const std::vector<double> thirds(n, third);
                EXPECT_FALSE(kernels->column(first.data(), second.data(), third, low.data(), high.data(), n,
                                             out.data()))
                    << kernels->name << ' ' << bad << ' ' << where;
                EXPECT_FALSE(kernels->scaled_row(first.data(), second.data(), thirds.data(), 1,
                                                 where == 3 ? bad : 1, n, 1e30F, row.data()))
                    << kernels->name << ' ' << bad << ' ' << where;
            }
        }
    }
}

TEST(BruteForceKernels, SweepsBoundTheExactSums) {
    Random random(2);
    const RoundUpward up;
    for (const Kernels* kernels : available_kernels()) {
        for (int trial = 0; trial < 200; ++trial) {
            const std::size_t n = 1 + random() % 40, count = 1 + random() % 6, stride = padded(n);
            std::vector<double> upper(count * stride), lower(count * stride), start_u(count), start_l(count);
            for (auto* values : {&upper, &lower, &start_u, &start_l}) {
                for (double& v : *values) v = draw(random);
            }
            std::vector<const double*> rows_u, rows_l;
            for (std::size_t k = 0; k < count; ++k) {
                rows_u.push_back(upper.data() + k * stride), rows_l.push_back(lower.data() + k * stride);
            }
            std::vector<double> worst(stride), surest(stride);
            kernels->sweep(rows_u.data(), start_u.data(), rows_l.data(), start_l.data(), count, n,
                           worst.data(), surest.data());
            for (std::size_t t = 0; t < n; ++t) {
                mpq_class least = exact(surest[t]);
                bool one_is_tight = false;
                for (std::size_t k = 0; k < count; ++k) {
                    EXPECT_GE(exact(worst[t]), exact(start_u[k]) + exact(rows_u[k][t])) << kernels->name;
                    one_is_tight = one_is_tight || least >= exact(start_l[k]) + exact(rows_l[k][t]);
                }
                EXPECT_TRUE(one_is_tight) << kernels->name;  // surest is an upper bound of some output's sum
            }
            EXPECT_EQ(kernels->max_of(worst.data(), n),
                      *std::max_element(worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(n)));
        }
        EXPECT_EQ(kernels->max_of(nullptr, 0), -HUGE_VAL);
    }
}

TEST(BruteForceKernels, CoarseSweepsBoundTheExactSums) {
    Random random(3);
    const RoundUpward up;
    std::size_t can_win = 0, cannot = 0;
    for (const Kernels* kernels : available_kernels()) {
        for (int trial = 0; trial < 200; ++trial) {
            const std::size_t n = 1 + random() % 40, count = 1 + random() % 30, stride = padded(n);
            const std::size_t s = random() % n;
            Ends<std::vector<float>> own, last;
            std::vector<CoarseOutput> outputs(count);
            for (const End end : kBothEnds) {
                for (auto* columns : {&own[end], &last[end]}) {
                    columns->resize(count * stride);
                    for (float& v : *columns) v = static_cast<float>(draw(random));
                }
            }
            for (std::size_t k = 0; k < count; ++k) {
                CoarseOutput& o = outputs[k];
                // Far away, here and there, from where it could win or surely does.
                const double far = random() % 3 == 0 ? -1e6 : 0;
                o.start = {static_cast<float>(draw(random) - far), static_cast<float>(draw(random) + far)};
                // Some cannot win with the first tokens, or the last.
                o.first = random() % (stride / kKernelPadding) * kKernelPadding;
                o.end = stride;
                for (std::size_t t = 0; t < o.first; ++t) last.upper[k * stride + t] = -1e30F;
                for (const End end : kBothEnds) {
                    o.own[end] = &own[end][k * stride];
                    o.last[end] = &last[end][k * stride];
                }
                o.most = *std::max_element(o.last.upper, o.last.upper + n);
            }
            std::vector<float> worst(stride), surest(stride);
            const Tally tally =
                kernels->coarse_sweep(outputs.data(), count, s, n, worst.data(), surest.data());
            const auto sum = [&](End end, std::size_t k, std::size_t t) -> mpq_class {
                const CoarseOutput& o = outputs[k];
                return exact(static_cast<double>(o.start[end])) + exact(static_cast<double>(o.own[end][s])) +
                       exact(static_cast<double>(o.last[end][t]));
            };
            std::size_t right = 0, wrong = 0;
            for (std::size_t t = 0; t < n; ++t) {
                bool one_is_tight = surest[t] == HUGE_VALF;
                for (std::size_t k = 0; k < count; ++k) {
                    const bool wins = sum(End::upper, k, t) >= 0;
                    EXPECT_TRUE(!wins || worst[t] >= 0) << kernels->name;
                    (wins ? can_win : cannot) += 1;
                    one_is_tight =
                        one_is_tight || (surest[t] < HUGE_VALF &&
                                         exact(static_cast<double>(surest[t])) >= sum(End::lower, k, t));
                }
                EXPECT_TRUE(one_is_tight) << kernels->name;
                right += worst[t] < 0 ? 1 : 0, wrong += surest[t] <= 0 ? 1 : 0;
            }
            EXPECT_EQ(tally.right, right) << kernels->name;
            EXPECT_EQ(tally.wrong, wrong) << kernels->name;
        }
    }
    EXPECT_GT(can_win, 1000U);
    EXPECT_GT(cannot, 1000U);
}

// The bound over whole rows that excludes nearly every output: it must bound every single sequence.
TEST(BruteForceTables, BoundsHoldForEverySequence) {
    std::size_t checked = 0;
    for (std::uint64_t seed = 5000; seed < 5100; ++seed) {
        Model model(testing::random_model(seed, 4, 5));
        const Shape& shape = model.shape();
        const Paths<Interval>& paths = paths_of<Interval>(model);
        const RoundUpward up;
        const SplitPaths split(paths);
        const Interval margin = exactly<Interval>(seed % 2 == 0 ? 0 : 0.25);
        std::uint64_t total = 1;
        for (std::uint32_t i = 0; i < shape.n_ctx; ++i) total *= shape.d_vocab;
        for (std::uint32_t q = 0; q < shape.d_vocab; ++q) {
            QueryTables tables(up, paths, split, q, *available_kernels().front());
            tables.set_margin(margin);
            std::vector<std::vector<float>> above(shape.d_vocab), below(shape.d_vocab);
            for (std::uint32_t m = q; m < shape.d_vocab; ++m) {
                if (!tables.bound_outputs(End::upper, m, above[m]) ||
                    !tables.bound_outputs(End::lower, m, below[m]))
                    above[m].clear();
            }
            for (std::uint64_t s = 0; s < total; ++s) {
                const auto tokens = testing::sequence_at(s, shape);
                const std::uint32_t m = *std::max_element(tokens.begin(), tokens.end());
                if (tokens.back() != q || above[m].empty()) continue;
                for (std::uint32_t x = 0; x < shape.d_vocab; ++x) {
                    if (x == m) continue;
                    Interval sum;
                    for (std::uint32_t i = 0; i < shape.n_ctx; ++i) sum += tables.term(tokens[i], i, x, m);
                    EXPECT_GE(static_cast<double>(above[m][x]), sum.lower()) << seed;
                    EXPECT_GE(static_cast<double>(below[m][x]), -sum.upper()) << seed;
                    ++checked;
                }
            }
        }
    }
    EXPECT_GT(checked, 10000U);
}

}  // namespace
}  // namespace maxcert
