// Brackets of single groups against enumeration, walks that are cut short, and terms by MPFR.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "certify/arithmetic/counting.hpp"
#include "certify/strategies/bracket/grid/convolution.hpp"
#include "certify/strategies/bracket/group_bracket.hpp"
#include "certify/strategies/bracket/multiset_tree.hpp"
#include "certify/strategies/bracket/parts.hpp"
#include "data/base/errors.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert::testing {
namespace {

const Prover& strategy(const std::string& name) {
    return *select_strategies(name).at(0);
}

// Outputs whose terms are small multiples of 1/8: sums in doubles are exact.
GroupTerms exact_terms(Random& random, std::uint32_t m, std::size_t positions, std::size_t outputs) {
    GroupTerms g;
    g.known = true;
    g.group.m = m;
    g.group.q = random() % 2 == 0 ? m : static_cast<std::uint32_t>(random() % (m + 1));
    g.group.positions = positions;
    const auto value = [&random] { return (static_cast<double>(random() % 33) - 21) / 8; };
    for (std::size_t k = 0; k < outputs; ++k) {
        Event e;
        for (std::size_t j = 0; j < positions * g.group.tokens(); ++j) e.upper.push_back(value());
        e.lower = e.upper;
        e.constant_upper = e.constant_lower = value();
        e.output = m + 1 + static_cast<std::uint32_t>(k);
        g.wins.push_back(e);
    }
    return g;
}

// Fillings of the positions that contain m (unless the query is m) and in which no output wins.
unsigned long right_by_hand(const GroupTerms& g) {
    const std::size_t tokens = g.group.tokens();
    std::uint64_t fillings = 1;
    for (std::size_t i = 0; i < g.group.positions; ++i) fillings *= tokens;
    unsigned long right = 0;
    for (std::uint64_t index = 0; index < fillings; ++index) {
        bool seen = g.group.seen(), wins = false;
        for (const Event& e : g.wins) {
            double sum = e.constant_upper;
            std::uint64_t rest = index;
            for (std::size_t i = 0; i < g.group.positions; ++i, rest /= tokens) {
                sum += e.upper[i * tokens + rest % tokens];
                seen = seen || rest % tokens == g.group.m;
            }
            wins = wins || sum >= 0;
        }
        right += seen && !wins ? 1 : 0;
    }
    return right;
}

class Groups : public ::testing::Test {
  protected:
    Random random_{3};
    Model model_{gaussian_model(random_, {5, 6, 4, 4}, 1.0f)};
    Options options_;
    ExactDecider decider_{
        model_, options_.max_bits, {Margin()}};  // never asked: exact terms leave nothing open
    const RoundUpward up_;

    GroupOutcome walk(const GroupTerms& g, std::uint64_t nodes, double mass = 0) {
        TreeLimits limits;
        limits.nodes = nodes;
        limits.smallest_mass = mass;
        GroupOutcome outcome{open_bracket(g.group)};
        walk_multisets(up_, g, limits, decider_, outcome);
        return outcome;
    }
};

TEST_F(Groups, TreesWithoutLimitsCountExactlyAndWithLimitsBracket) {
    int open = 0;
    for (int round = 0; round < 600; ++round) {
        const auto m = static_cast<std::uint32_t>(random_() % 5);
        const GroupTerms g = exact_terms(random_, m, random_() % 5, 1 + random_() % 3);
        const Count right = right_by_hand(g);
        const GroupOutcome whole = walk(g, 1u << 30);
        EXPECT_EQ(whole.bracket.right, right) << round;
        EXPECT_EQ(whole.bracket.upper, right) << round;
        for (const GroupOutcome& cut : {walk(g, 1 + random_() % 20), walk(g, 1u << 30, 20)}) {
            EXPECT_LE(cut.bracket.right, right) << round;
            EXPECT_GE(cut.bracket.upper, right) << round;
            open += cut.bracket.width() > 0 ? 1 : 0;
        }
    }
    EXPECT_GT(open, 200);
}

TEST_F(Groups, JointBoundsOfSeveralOutputsBracket) {
    std::uint64_t work = 0;
    int tight = 0, joint_helps = 0;
    for (int round = 0; round < 600; ++round) {
        const auto m = static_cast<std::uint32_t>(random_() % 5);
        const GroupTerms g = exact_terms(random_, m, random_() % 5, 1 + random_() % 4);
        const Count right = right_by_hand(g);
        Count before = -1;
        for (const int level : {0, 1, 2, 3, kLastLevel}) {
            const Bracket b = convolution_bracket(up_, g, level, work);
            EXPECT_LE(b.right, right) << round << " level " << level;
            EXPECT_GE(b.upper, right) << round << " level " << level;
            tight += b.width() == 0 ? 1 : 0;
            joint_helps += before >= 0 && b.width() < before ? 1 : 0;
            before = b.width();
        }
    }
    EXPECT_GT(tight, 100);
    EXPECT_GT(joint_helps, 100);
}

/// Fillings of the part in which one of its outputs wins, and all of its fillings, by hand.
std::array<unsigned long, 2> wrong_by_hand(const Part& part) {
    const std::size_t tokens = part.fillings.tokens();
    std::size_t fillings = 1;
    for (std::size_t i = 0; i < part.fillings.positions(); ++i) fillings *= tokens;
    std::array<unsigned long, 2> counts{};
    for (std::size_t index = 0; index < fillings; ++index) {
        unsigned missing = (1u << part.fillings.required().size()) - 1;
        const auto& required = part.fillings.required();
        bool wins = false;
        for (std::size_t x = 0; x <= part.wins.size(); ++x) {
            double sum = x < part.wins.size() ? part.wins[x].constant_upper : -1;
            std::size_t rest = index;
            for (std::size_t i = 0; i < part.fillings.positions(); ++i, rest /= tokens) {
                const std::size_t token = rest % tokens;
                if (x < part.wins.size()) sum += part.wins[x].upper[i * tokens + token];
                for (std::size_t k = 0; k < required.size(); ++k) {
                    if (required[k] == token) missing &= ~(1u << k);
                }
            }
            wins = wins || sum >= 0;
        }
        counts[0] += missing == 0 && wins ? 1 : 0;
        counts[1] += missing == 0 ? 1 : 0;
    }
    return counts;
}

TEST_F(Groups, PartsAreDisjointAndHoldEveryWrongSequence) {
    std::uint64_t work = 0;
    int several = 0, fewer_outputs = 0, counted_twice = 0;
    for (int round = 0; round < 600; ++round) {
        const auto m = static_cast<std::uint32_t>(random_() % 5);
        const GroupTerms g = exact_terms(random_, m, random_() % 5, 1 + random_() % 3);
        const Count wrong = g.group.size() - right_by_hand(g);
        Count in_parts = 0, sizes = 0, unmarked = 0;
        const auto parts = parts_of(up_, g, random_() % 5, work);
        for (const Part& part : parts) {
            const auto [wrong_there, size] = wrong_by_hand(part);
            EXPECT_EQ(Count(size), part.fillings.size()) << round;
            in_parts += wrong_there, sizes += size;
            fewer_outputs += part.wins.size() < g.wins.size() ? 1 : 0;
            // Parts that did not require their token would overlap.
            Part loose = part;
            loose.fillings = {part.fillings.tokens(), part.fillings.positions(), {}};
            unmarked += wrong_by_hand(loose)[0];
            for (const Event& event : part.wins) {
                Part alone = part;
                alone.wins = {event};
                const double exact = static_cast<double>(wrong_by_hand(alone)[0]);
                for (const std::size_t grid : {4u, 64u}) {
                    const CountRange ends =
                        count_on_grid(up_, part.fillings, {&event}, {true, true}, grid, work);
                    EXPECT_LE(ends.least, exact) << round;
                    EXPECT_GE(ends.most, exact) << round;
                }
            }
        }
        EXPECT_EQ(in_parts, wrong) << round;
        EXPECT_LE(sizes, g.group.size()) << round;
        several += parts.size() > 1 ? 1 : 0;
        counted_twice += unmarked > wrong ? 1 : 0;
    }
    EXPECT_GT(several, 200);
    EXPECT_GT(fewer_outputs, 100);
    EXPECT_GT(counted_twice, 100);
}

TEST_F(Groups, OutputsThatCannotWinOrFollowOthersAreSeen) {
    for (int round = 0; round < 300; ++round) {
        const auto m = static_cast<std::uint32_t>(random_() % 4);
        GroupTerms g = exact_terms(random_, m, random_() % 4, 1);
        if (!possible(up_, g.group.fillings(), g.wins[0])) {
            EXPECT_EQ(Count(right_by_hand(g)), g.group.size()) << round;
        }
        Event weaker = g.wins[0];
        for (auto* ends : {&weaker.upper, &weaker.lower}) {
            for (double& term : *ends) term -= 0.125 * static_cast<double>(round % 3);
        }
        g.wins.push_back(weaker);
        g.wins.back().output = m + 2;
        const auto right = right_by_hand(g);
        std::uint64_t work = 0;
        prune_dominated(g.wins, work);
        EXPECT_EQ(g.wins.size(), 1u);
        EXPECT_EQ(right_by_hand(g), right);
    }
}

TEST_F(Groups, ATreeCutShortByTimeIsCutThereAgainByItsNodes) {
    int cut = 0;
    for (int round = 0; round < 20; ++round) {
        const GroupTerms g = exact_terms(random_, 6, 6, 3);
        const TimeLimit limit(Deadline(1e-5 * (round % 5)));
        const GroupOutcome timed = walk(g, 1u << 30);
        if (timed.cut == 0) continue;
        ++cut;
        const GroupOutcome again = walk(g, timed.cut);
        EXPECT_EQ(again.nodes, timed.nodes);
        EXPECT_EQ(again.bracket.right, timed.bracket.right);
        EXPECT_EQ(again.bracket.upper, timed.bracket.upper);
        EXPECT_EQ(again.cut, 0u);
    }
    EXPECT_GT(cut, 10);
}

Proof prove(const Weights& weights, const std::string& name, const Options& options) {
    Model model(weights);
    return strategy(name).prove(model, options);
}

TEST(BracketsByMpfr, AgreeOnTheGoldenModelAndContainTheTruth) {
    Options mpfr;
    mpfr.arithmetic = Arithmetic::mpfr;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        std::string what;
        const Weights weights = random_model(seed, 4, 5, &what);
        const Exhaustive truth = run_exhaustively(weights);
        const CheckResult filtered = prove(weights, "multiset", {}).result;
        for (const char* name : {"multiset", "convolution"}) {
            const CheckResult f = prove(weights, name, mpfr).result;
            EXPECT_LE(f.correct, Count(static_cast<unsigned long>(truth.right + truth.undecided))) << what;
            EXPECT_GE(*f.upper, Count(static_cast<unsigned long>(truth.right))) << what;
            if (name == std::string("multiset") && filtered.correct == *filtered.upper) {
                EXPECT_EQ(f.correct, filtered.correct) << what;
                EXPECT_EQ(*f.upper, *filtered.upper) << what;
            }
        }
    }
#ifndef __SANITIZE_ADDRESS__  // takes long there
    const Weights weights = golden("max-of-4-golden");
    const CheckResult f = prove(weights, "multiset", mpfr).result;
    EXPECT_EQ(f.correct, 16774272);
    EXPECT_EQ(*f.upper, 16774272);
    EXPECT_EQ(f.bits_used, 128);
#endif
}

TEST(BracketsInTime, WhatALimitLeavesIsFoundAgainByTheCheck) {
    Random random(11);
    const Weights weights = gaussian_model(random, {8, 16, 8, 8}, 0.7f);
    for (const double limit : {1e-9, 0.05}) {
        Options options;
        options.mass_threshold = 0;  // would take long
        options.time_limit_s = limit;
        Model model(weights);
        const Json good = certified(model, strategy("multiset"), options);
        EXPECT_FALSE(good["run"]["complete"].get<bool>());
        const CheckResult found = verified(good, weights, 2);
        if (good["status"] == "skipped") continue;  // no time for the paths
        EXPECT_EQ(found.correct.get_str(), good["correct"].get<std::string>());
        EXPECT_EQ(found.upper->get_str(), good["upper"].get<std::string>());
        const auto rejects = [&](const Json& cuts) {
            Json bad = good;
            bad["hints"]["cut_trees"] = cuts;
            EXPECT_THROW(verified(bad, weights, 1), CertificateRejected) << cuts;
        };
        rejects(nullptr);
        rejects(3);
        rejects(Json::array({1, 2}));
        rejects(Json::array({Json::array({136, 5})}));  // there are 136 groups: 0..135
        rejects(Json::array({Json::array({0, -1})}));
        rejects(Json::array({Json::array({0, 1.5})}));
        rejects(Json::array({Json::array({0})}));
    }
}

}  // namespace
}  // namespace maxcert::testing
