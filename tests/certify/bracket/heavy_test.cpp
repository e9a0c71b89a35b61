// The walk over heavy tokens and its tables against enumeration of small groups, and what must show.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "certify/arithmetic/rounding.hpp"
#include "certify/strategies/bracket/heavy/tail_tables.hpp"
#include "certify/strategies/bracket/heavy/tree.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {
namespace {

// Terms in eighths, small enough for exact sums; with heavy tokens and, by `blur`, ends that differ.
GroupTerms random_group(Random& random, double blur) {
    GroupTerms g;
    g.known = true;
    g.group.m = static_cast<std::uint32_t>(random() % 6);
    g.group.q = static_cast<std::uint32_t>(random() % (g.group.m + 1));
    g.group.positions = random() % 5;
    const std::size_t outputs = 1 + random() % 4;
    for (std::size_t k = 0; k < outputs; ++k) {
        Event e;
        const auto push = [&](double value) {
            e.upper.push_back(value + blur);
            e.lower.push_back(value);
        };
        std::vector<double> size;
        for (std::size_t t = 0; t < g.group.tokens(); ++t) size.push_back(random() % 3 == 0 ? 8 : 1);
        for (std::size_t i = 0; i < g.group.positions; ++i) {
            for (const double s : size) push(s * (static_cast<double>(random() % 33) - 17) / 8);
        }
        e.constant_lower = (static_cast<double>(random() % 33) - 21) / 8;
        e.constant_upper = e.constant_lower + blur;
        e.output = g.group.m + 1 + static_cast<std::uint32_t>(k);
        g.wins.push_back(e);
    }
    return g;
}

Bracket walked(const GroupTerms& g, const HeavyEffort& effort = {}) {
    const RoundUpward up;
    GroupOutcome outcome{open_bracket(g.group)};
    walk_heavy_tokens(up, g, effort, outcome);
    return outcome.bracket;
}

struct Wrong {
    unsigned long surely = 0, possibly = 0;
};

// Enumerates the fillings, with m unless the query is m, in which an output wins: by lower, by upper ends.
Wrong wrong_by_hand(const GroupTerms& g) {
    const std::size_t tokens = g.group.tokens();
    std::uint64_t fillings = 1;
    for (std::size_t i = 0; i < g.group.positions; ++i) fillings *= tokens;
    Wrong wrong;
    for (std::uint64_t index = 0; index < fillings; ++index) {
        bool seen = g.group.q == g.group.m, surely = false, possibly = false;
        for (const Event& e : g.wins) {
            double lower = e.constant_lower, upper = e.constant_upper;
            std::uint64_t rest = index;
            for (std::size_t i = 0; i < g.group.positions; ++i, rest /= tokens) {
                lower += e.lower[i * tokens + rest % tokens];
                upper += e.upper[i * tokens + rest % tokens];
                seen = seen || rest % tokens == g.group.m;
            }
            surely = surely || lower >= 0;
            possibly = possibly || upper >= 0;
        }
        wrong.surely += seen && surely ? 1 : 0;
        wrong.possibly += seen && possibly ? 1 : 0;
    }
    return wrong;
}

TEST(HeavyTree, BracketsEveryGroupAtEveryEffortAndCountsExactlyAtFullEffort) {
    Random random(5);
    int open = 0, partly_wrong = 0;
    for (int round = 0; round < 1500; ++round) {
        const double blur = round % 2 == 0 ? 0 : 0.0625;
        const GroupTerms g = random_group(random, blur);
        const Wrong wrong = wrong_by_hand(g);
        const Count size = g.group.size();
        if (wrong.surely > 0 && Count(wrong.possibly) < size) ++partly_wrong;
        for (const double mass : {1e9, 3.0, 0.3, 0.0}) {
            for (const double ratio : {1.0, 1.5, 100.0}) {
                HeavyEffort effort;
                effort.open_mass = mass;
                effort.bins = round % 3 == 0 ? 3 : 40;
                effort.class_ratio = ratio;
                if (round % 5 == 0) effort.work = random() % 3000;
                if (round % 7 == 0) effort.table_entries = random() % 500;
                const Bracket r = walked(g, effort);
                EXPECT_LE(r.right, size - Count(wrong.possibly)) << round << " at " << mass;
                EXPECT_GE(r.upper, size - Count(wrong.surely)) << round << " at " << mass;
                if (mass == 0 && round % 5 != 0) {
                    EXPECT_EQ(r.right, size - Count(wrong.possibly)) << round;
                    EXPECT_EQ(r.upper, size - Count(wrong.surely)) << round;
                }
                open += r.width() > 0 ? 1 : 0;
            }
        }
    }
    EXPECT_GT(open, 2000);
    EXPECT_GT(partly_wrong, 500);
}

// What a sloppy walk would do, put into its input: each must be seen by the enumeration.
TEST(HeavyTree, MistakesShow) {
    Random random(6);
    int forgets_m = 0, drops_output = 0, confuses_ends = 0, misplaces = 0;
    for (int round = 0; round < 400; ++round) {
        const GroupTerms g = random_group(random, 0.0625);
        const Wrong wrong = wrong_by_hand(g);
        const Count surely_right = g.group.size() - Count(wrong.possibly),
                    possibly_right = g.group.size() - Count(wrong.surely);
        const auto refuted = [&](const GroupTerms& other) {
            const Bracket b = walked(other);
            return b.right > surely_right || b.upper < possibly_right ? 1 : 0;
        };
        EXPECT_EQ(refuted(g), 0);
        GroupTerms mutant = g;
        mutant.group.q = g.group.m;
        forgets_m += refuted(mutant);
        mutant = g;
        mutant.wins.pop_back();
        drops_output += refuted(mutant);
        mutant = g;
        for (Event& e : mutant.wins) e.lower = e.upper, e.constant_lower = e.constant_upper;
        confuses_ends += refuted(mutant);
        mutant = g;
        for (Event& e : mutant.wins) std::reverse(e.upper.begin(), e.upper.end()), e.lower = e.upper;
        misplaces += refuted(mutant);
    }
    EXPECT_GT(forgets_m, 100);
    EXPECT_GT(drops_output, 50);
    EXPECT_GT(confuses_ends, 10);
    EXPECT_GT(misplaces, 50);
}

TEST(HeavyTree, EndsWhenTimeDoesAndLeavesWhatIsTooManyOpen) {
    Random random(7);
    GroupTerms g = random_group(random, 0);
    g.group = {0, 5, 12};
    g.wins.resize(1);
    g.wins[0].upper.assign(12 * 6, -1);
    for (std::size_t j = 0; j < 12 * 6; ++j) g.wins[0].upper[j] = static_cast<double>(random() % 7) - 3.5;
    g.wins[0].lower = g.wins[0].upper;
    {
        const TimeLimit over(Deadline(0));
        EXPECT_THROW(walked(g), TimeOver);
    }
    // Sets of 64 positions, and 6^400 sequences, are more than is counted with.
    for (const std::size_t positions : {64u, 400u}) {
        g.group.positions = positions;
        g.wins[0].upper.assign(positions * 6, -1);
        g.wins[0].lower = g.wins[0].upper;
        const Bracket b = walked(g);
        EXPECT_EQ(b.right, 0);
        EXPECT_EQ(b.upper, g.group.size());
    }
}

// Against every filling of the places, with sums as wide as the rounding of the grid.
TEST(TailTables, EncloseTheSharesOfAllFillings) {
    const RoundUpward up;
    Random random(8);
    int inside = 0;
    for (int round = 0; round < 200; ++round) {
        const GroupTerms g = random_group(random, 0);
        if (g.group.positions == 0) continue;
        const HeavyTerms terms(up, g);
        const std::size_t n = terms.positions;
        TailTables tables(up, terms, round % 2 == 0 ? 1.0 : 100.0, 5, 1u << 20);
        TailTables::Code code = 0;
        for (std::size_t p = 0; p < n; ++p) code += tables.unit(p);
        const std::size_t rank = random() % terms.tokens, left = terms.tokens - rank;
        const bool need_m = round % 3 != 0 && rank <= terms.rank_of_m;
        for (const double aim : {-6.0, -1.0, 0.0, 0.5, 3.0}) {
            double all = 0, reach = 0;
            const auto fillings = static_cast<std::size_t>(std::pow(left, n));
            for (std::size_t index = 0; index < fillings; ++index) {
                double sum = aim;
                bool seen = false;
                std::size_t rest = index;
                for (std::size_t p = 0; p < n; ++p, rest /= left) {
                    sum += terms.ends[End::upper][terms.at(0, rank + rest % left, p)];
                    seen = seen || rank + rest % left == terms.rank_of_m;
                }
                if (need_m && !seen) continue;
                all += 1;
                reach += sum >= 0 ? 1 : 0;
            }
            const double upper = tables.find(0, rank, End::upper, code, n, need_m, true)->share(aim),
                         lower = -tables.find(0, rank, End::lower, code, n, need_m, true)->share(-aim);
            EXPECT_GE(upper * all, reach) << round;
            EXPECT_LE(lower * all, reach) << round;
            inside += upper < 1 && lower > 0 ? 1 : 0;
        }
    }
    EXPECT_GT(inside, 50);
}

}  // namespace
}  // namespace maxcert::testing
