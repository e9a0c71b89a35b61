// Counts on a grid, of one event and of two at once, against enumeration; and what rounding must not lose.
#include "certify/strategies/bracket/grid/convolution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>

#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;

constexpr Ends<bool> kBoth{true, true};

/// A few events on fillings of a few positions.
struct Drawn {
    Fillings fillings{1, 0, {}};
    std::vector<Event> events;
};

/// Calls visit(tokens) for every filling that holds the required tokens.
template <class Visit>
void for_each_filling(const Fillings& fillings, Visit&& visit) {
    std::vector<std::size_t> tokens(fillings.positions());
    for (;;) {
        const auto holds = [&](std::size_t t) {
            return std::find(tokens.begin(), tokens.end(), t) != tokens.end();
        };
        if (std::all_of(fillings.required().begin(), fillings.required().end(), holds)) visit(tokens);
        std::size_t i = 0;
        while (i < tokens.size() && ++tokens[i] == fillings.tokens()) tokens[i++] = 0;
        if (i == tokens.size()) return;
    }
}

/// In how many fillings all events happen, which must be exact sums.
double count_by_hand(const Drawn& d) {
    double count = 0;
    for_each_filling(d.fillings, [&](const std::vector<std::size_t>& tokens) {
        count += std::all_of(d.events.begin(), d.events.end(), [&](const Event& e) {
            double sum = e.constant_upper;
            for (std::size_t i = 0; i < tokens.size(); ++i)
                sum += e.upper[i * d.fillings.tokens() + tokens[i]];
            return sum >= 0;
        });
    });
    return count;
}

// Integer terms times 1/8, so that sums are exact in doubles and fall between coarse steps.
Drawn draw(Random& random, std::size_t events, std::size_t most_tokens) {
    Drawn d;
    const std::size_t tokens = 1 + random() % most_tokens;
    std::vector<std::size_t> required;
    for (std::size_t t = 0; t < tokens && required.size() < 2; ++t) {
        if (random() % 3 == 0) required.push_back(t);
    }
    d.fillings = {tokens, random() % 5, required};
    const auto value = [&random] {
        const double size = random() % 4 == 0 ? 1000 : 20;
        return (static_cast<double>(random() % 41) - 22) * size / 8;
    };
    for (std::size_t k = 0; k < events; ++k) {
        Event& e = d.events.emplace_back();
        for (std::size_t j = 0; j < d.fillings.positions() * tokens; ++j) e.upper.push_back(value());
        e.lower = e.upper;
        e.constant_upper = e.constant_lower = value();
    }
    return d;
}

CountRange counted(const Drawn& d, const Ends<bool>& wanted, std::size_t grid) {
    const RoundUpward up;
    std::uint64_t work = 0;
    std::vector<const Event*> events;
    for (const Event& e : d.events) events.push_back(&e);
    return count_on_grid(up, d.fillings, events, wanted, grid, work);
}

TEST(Convolution, CountsOfOneEventAndOfTwoEncloseTheExactCount) {
    Random random(1);
    int below = 0, above = 0, close = 0, seen_too_many = 0;
    for (int round = 0; round < 6000; ++round) {
        const Drawn d = draw(random, 1 + static_cast<std::size_t>(round % 2), 4);
        const double exact = count_by_hand(d);
        for (const std::size_t grid : {4u, 32u, 256u}) {
            const auto [least, most] = counted(d, kBoth, grid);
            EXPECT_LE(least, exact) << round << " grid " << grid;
            EXPECT_GE(most, exact) << round << " grid " << grid;
            EXPECT_LE(counted(d, {true, false}, grid).least, exact) << round << " grid " << grid;
            EXPECT_GE(counted(d, {false, true}, grid).most, exact) << round << " grid " << grid;
            below += least < exact ? 1 : 0;
            above += most > exact ? 1 : 0;
            close += grid == 256 && most - least < 0.5 ? 1 : 0;
        }
        // Counting fillings without a required token as well must show.
        Drawn forgetful = d;
        forgetful.fillings = {d.fillings.tokens(), d.fillings.positions(), {}};
        if (counted(forgetful, {true, false}, 256).least > exact) ++seen_too_many;
    }
    EXPECT_GT(below, 100);
    EXPECT_GT(above, 100);
    EXPECT_GT(close, 3000);
    EXPECT_GT(seen_too_many, 100);
}

// Ends that differ, and an event whose ends are far apart, on coarse grids and fine ones.
TEST(Convolution, LowerEndsOfTermsBoundTheLowerCountAndUpperOnesTheUpper) {
    Random random(3);
    for (int round = 0; round < 2000; ++round) {
        Drawn lower = draw(random, 1, 4), upper = lower;
        const double apart = std::ldexp(1.0, static_cast<int>(random() % 12) - 8);
        for (double& term : upper.events[0].upper) {
            if (random() % 2 == 0) term += apart;
        }
        upper.events[0].lower = lower.events[0].lower;
        const double least = count_by_hand(lower), most = count_by_hand(upper);
        for (const std::size_t grid : {8u, 128u, 65536u}) {
            const CountRange ends = counted(upper, kBoth, grid);
            EXPECT_LE(ends.least, least) << round << " grid " << grid;
            EXPECT_GE(ends.most, most) << round << " grid " << grid;
        }
    }
}

// Errors of many terms cancel: rounding every term one way would leave about one step per position.
TEST(Convolution, LeavesLessOpenThanAStepForEveryPosition) {
    Random random(4);
    Drawn d;
    d.fillings = {16, 12, {}};
    Event& e = d.events.emplace_back();
    for (std::size_t j = 0; j < 12 * 16; ++j) e.upper.push_back(std::normal_distribution<double>()(random));
    e.lower = e.upper;
    e.constant_upper = e.constant_lower = -4;
    const auto shifted = [&](double by) {
        Drawn s = d;
        s.events[0].constant_upper += by, s.events[0].constant_lower += by;
        return counted(s, kBoth, 65536);
    };
    const CountRange coarse = counted(d, kBoth, 64);
    EXPECT_LE(coarse.least, shifted(0).most);
    EXPECT_GE(coarse.most, shifted(0).least);
    double largest = -4;
    for (std::size_t i = 0; i < 12; ++i) {
        largest += *std::max_element(e.upper.begin() + static_cast<std::ptrdiff_t>(i * 16),
                                     e.upper.begin() + static_cast<std::ptrdiff_t>(i * 16 + 16));
    }
    const double steps = 6 * largest / 64;  // half a step for every position, of at most 1/64 of the range
    const Count between = shifted(steps).least - shifted(-steps).most;
    EXPECT_LT(coarse.open(), 0.6 * between.get_d());
}

/// Exactly as many fillings as reach 0, by sums in whole eighths.
Count count_by_sums(const Group& g, const std::vector<double>& terms, double constant) {
    std::map<long, std::array<Count, 2>> now, next;  // by sum: without m, with m
    now[std::lround(constant * 8)][g.seen() ? 1 : 0] = 1;
    for (std::size_t i = 0; i < g.positions; ++i) {
        next.clear();
        for (const auto& [sum, counts] : now) {
            for (std::size_t t = 0; t < g.tokens(); ++t) {
                auto& to = next[sum + std::lround(terms[i * g.tokens() + t] * 8)];
                for (std::size_t seen = 0; seen < 2; ++seen) to[t == g.m ? 1 : seen] += counts[seen];
            }
        }
        now.swap(next);
    }
    Count count = 0;
    for (const auto& [sum, counts] : now) count += sum >= 0 ? counts[1] : Count(0);
    return count;
}

TEST(Convolution, CountsBeyondWhatDoublesHoldAreRoundedOutward) {
    const RoundUpward up;
    Random random(2);
    int inexact = 0;
    for (int round = 0; round < 60; ++round) {
        Group group;
        group.m = static_cast<std::uint32_t>(1 + random() % 3);
        group.q = random() % 2 == 0 ? group.m : 0;
        group.positions = 36 + random() % 10;
        Event event;
        for (std::size_t j = 0; j < group.positions * group.tokens(); ++j) {
            event.upper.push_back((static_cast<double>(random() % 17) - 8) / 8);
        }
        event.lower = event.upper;
        event.constant_upper = event.constant_lower = -1.5;
        const Count exact = count_by_sums(group, event.upper, event.constant_upper);
        std::uint64_t work = 0;
        const auto [least, most] = count_on_grid(up, group.fillings(), {&event}, {true, true}, 65536, work);
        EXPECT_LE(Count(least), exact) << round;
        EXPECT_GE(Count(most), exact) << round;
        EXPECT_GT(least, 0.999 * exact.get_d()) << round;  // the grid holds every term
        inexact += least < most ? 1 : 0;
    }
    EXPECT_GT(inexact, 30);
}

TEST(Convolution, RareWinsAreNotForgotten) {
    const RoundUpward up;
    // Of 4^40 fillings 1 + 40 * 3 have at least 39 tokens 3: too few to be followed, but too many to be lost.
    Group group{3, 3, 40};
    Event event;
    for (std::size_t j = 0; j < group.positions * group.tokens(); ++j)
        event.upper.push_back(j % 4 == 3 ? 1 : 0);
    event.lower = event.upper;
    event.constant_upper = event.constant_lower = -39;
    std::uint64_t work = 0;
    for (const std::size_t grid : {4u, 64u, 4096u}) {
        const CountRange ends = count_on_grid(up, group.fillings(), {&event}, {true, true}, grid, work);
        EXPECT_GE(ends.most, 121);
        EXPECT_LE(ends.least, 121);
    }
    const CountRange ends = count_on_grid(up, group.fillings(), {&event}, {false, true}, 4096, work);
    EXPECT_LT(ends.most, 1e-10 * group.size().get_d());
}

TEST(Convolution, SaysNothingWhereTheStepCannotBeChosen) {
    const RoundUpward up;
    Group group{0, 1, 2};
    Event event;
    event.upper = event.lower = {1e308, 1e308, 1e308, 1e308};
    event.constant_upper = event.constant_lower = 1e308;
    std::uint64_t work = 0;
    const CountRange ends = count_on_grid(up, group.fillings(), {&event}, {true, true}, 32, work);
    EXPECT_EQ(ends.most, group.size());
    EXPECT_EQ(ends.least, 0);
}

TEST(CountRange, HoldsTheWholeNumbersBetweenTwoEnds) {
    const double none = std::nan(""), inf = INFINITY;
    const auto ends = [](double least, double most) {
        const CountRange r = CountRange::between(least, most, 10);
        return std::pair<Count, Count>(r.least, r.most);
    };
    using Pair = std::pair<Count, Count>;
    EXPECT_EQ(ends(2.25, 7.75), Pair(3, 7));
    EXPECT_EQ(ends(3, 7), Pair(3, 7));
    EXPECT_EQ(ends(-1, 12), Pair(0, 10));
    EXPECT_EQ(ends(12, -1), Pair(10, 0));
    EXPECT_EQ(ends(none, none), Pair(0, 10));
    EXPECT_EQ(ends(inf, inf), Pair(0, 10));
    EXPECT_EQ(ends(-inf, -inf), Pair(0, 10));
}

TEST(Fillings, AreThoseThatHoldTheRequiredTokens) {
    for (std::size_t tokens = 2; tokens < 5; ++tokens) {
        for (std::size_t positions = 0; positions < 5; ++positions) {
            for (const auto& required : {std::vector<std::size_t>{}, {tokens - 1}, {0, tokens - 1}}) {
                const Fillings fillings(tokens, positions, required);
                std::size_t ways = 0;
                for_each_filling(fillings, [&](const auto&) { ++ways; });
                EXPECT_EQ(fillings.size(), ways);
            }
        }
    }
}

}  // namespace
}  // namespace maxcert
