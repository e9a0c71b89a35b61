// Which effort every group gets, and what all groups together establish: the hints and the check of the
// multiset and convolution strategies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "certify/proof/checker.hpp"
#include "certify/strategies/bracket/group_bracket.hpp"
#include "certify/strategies/bracket/heavy/tree.hpp"
#include "certify/strategies/bracket/multiset_tree.hpp"

namespace maxcert {

/// What is done about one group besides its tree.
struct GroupMethods {
    bool skipped = false;              ///< not even a tree: the group stays open
    std::optional<int> convolution{};  ///< its level, if there is one
    std::optional<int> heavy{};        ///< the same of the walk over heavy tokens
};

/// The effort for all groups: hints, untrusted like all hints, since any effort is sound.
struct BracketPlan {
    std::vector<GroupMethods> methods;  ///< by group; groups are ordered by q, then m
    double tree_mass = 0;               ///< nodes of the tree of fewer sequences are left open
    std::uint64_t tree_nodes = 0;       ///< of each group's tree; 0: no tree

    std::map<std::size_t, std::uint64_t> cut_trees;  ///< node limits of trees that time cut short, by group

    Json to_json() const;
    /// Throws CertificateRejected for anything but a plan for `groups` groups.
    static BracketPlan from_json(const Json& json, std::size_t groups);
};

/// What one group's effort established and cost.
struct GroupOutcome {
    Bracket bracket;
    std::uint64_t work = 0, nodes = 0, escalated = 0;
    std::uint64_t cut = 0;  ///< as in TreeResult
    std::optional<TreeResult> tree{};

    /// What one level established and took.
    struct AtLevel {
        int level;
        Bracket bracket;
        std::uint64_t work, nodes = 0;
    };
    std::optional<AtLevel> convolution{}, heavy{};

    std::uint64_t next_work = 0;    ///< about what the next level of the convolution costs; 0: there is none
    std::uint64_t halves_work = 0;  ///< about what counting by halves will cost; 0: it was, or cannot be
    std::uint64_t heavy_work = 0;   ///< a guess at what the first level of the walk over heavy tokens costs
};

struct BracketTotals {
    std::vector<GroupOutcome> groups;
    /// Of the outcomes that stand; add_up() refreshes them.
    Bracket all;
    std::uint64_t work = 0, nodes = 0, escalated = 0;
    std::uint64_t spent = 0;  ///< work of every evaluation so far, those that were replaced included
    void add_up();
};

/// Evaluates groups of one model; remembers nothing between calls.
class BracketEvaluator {
  public:
    BracketEvaluator(Model& model, const CheckOptions& options);

    std::size_t groups() const { return first_.back(); }
    Group group(std::size_t index) const;
    /// Updates the totals of the groups in `chosen` (ascending) at the plan's effort; stops early, leaving
    /// groups as they were, when `expired` says so; returns false then. A tree in the works is cut short: its
    /// outcome says at which node, and stands if the plan's cut_trees says so too. Trees in `totals` must be
    /// of this plan; they are not walked again, nor are levels redone that `totals` already holds.
    bool evaluate(const BracketPlan& plan, const std::vector<std::size_t>& chosen, BracketTotals& totals,
                  const std::function<bool()>& expired);

    BracketTotals nothing_known() const;
    /// Highest precision that a term or a decision needed.
    long bits_used() const {
        const bool in_mpfr = options_.arithmetic == Arithmetic::mpfr;
        return std::max(decider_.bits_used(), in_mpfr ? term_bits() : 53);
    }

  private:
    struct Effort {
        GroupMethods methods;
        double tree_mass;
        std::uint64_t tree_nodes;
    };
    /// Of the terms in MPFR.
    long term_bits() const { return first_bits(options_.max_bits); }
    Effort effort(const BracketPlan& plan, std::size_t index) const;
    /// Nothing if time ran out. `before`: an outcome of the same tree, whose parts are used again.
    std::optional<GroupOutcome> outcome(const RoundUpward& up, const GroupTerms& terms, const Effort& effort,
                                        const GroupOutcome& before, const std::function<bool()>& expired);
    /// Whether there was time for it; fills in the convolution, and what the next level would cost.
    bool convolve(const RoundUpward& up, const GroupTerms& terms, int level, const GroupOutcome& before,
                  GroupOutcome& o, const std::function<bool()>& expired) const;
    bool walk_heavy(const RoundUpward& up, const GroupTerms& terms, int level, const GroupOutcome& before,
                    GroupOutcome& o, const std::function<bool()>& expired) const;

    Model& model_;
    const CheckOptions& options_;
    ExactDecider decider_;
    std::vector<bool> tied_;
    std::vector<std::size_t> first_;  // index of the first group of each query, and the number of all
};

}  // namespace maxcert
