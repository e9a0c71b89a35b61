// Which effort every group gets, and what all groups together establish: the hints and the check of the
// multiset and convolution strategies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "certify/proof/checker.hpp"
#include "certify/strategies/bracket/group_bracket.hpp"
#include "certify/strategies/bracket/heavy/tree.hpp"
#include "certify/strategies/bracket/multiset_tree.hpp"

namespace maxcert {

// In hints a method of a group is one letter: its level or one of these.
constexpr char kNoConvolutionLetter = '-', kNothingLetter = '.';

/// What is done about one group besides its tree.
struct GroupMethods {
    bool skipped = false;              ///< not looked at: the group stays open
    std::optional<int> convolution{};  ///< its level, if there is one
    std::optional<int> heavy{};        ///< the same of the walk over heavy tokens
};

/// The effort for all groups: hints, untrusted like all hints, since any effort is sound.
struct BracketPlan {
    std::vector<GroupMethods> methods;  ///< by group; groups are ordered by q, then m
    double tree_mass = 0;               ///< nodes of the tree of fewer sequences are left open
    std::uint64_t tree_nodes = 0;       ///< of each group's tree; 0: no tree

    std::map<std::size_t, std::uint64_t> cut_trees;  ///< node limits of trees that time cut short, by group

    /// Throws CertificateRejected for anything but a plan for `groups` groups.
    static BracketPlan from_json(const Json& json, std::size_t groups);
};

/// Evaluates groups of one model; remembers nothing between calls.
class BracketEvaluator {
  public:
    BracketEvaluator(Model& model, const CheckOptions& options);

    std::size_t groups() const { return first_.back(); }
    Group group(std::size_t index) const;
    /// Of every group that nothing is known.
    std::vector<GroupOutcome> nothing_known() const;
    /// Replaces the outcomes of the groups that the plan does not skip. Stops when the TimeLimit passes,
    /// leaving groups as they were, and returns false then. A tree in the works is cut short: its outcome
    /// says at which node, and stands if the plan's cut_trees says so too.
    bool evaluate(const BracketPlan& plan, std::vector<GroupOutcome>& outcomes);

    /// Highest precision that a term or a decision needed.
    long bits_used() const {
        const bool in_mpfr = options_.arithmetic == Arithmetic::mpfr;
        return std::max(decider_.bits_used(), in_mpfr ? term_bits() : 53);
    }

  private:
    /// Of the terms in MPFR.
    long term_bits() const { return first_bits(options_.max_bits); }
    template <class N>
    bool evaluate_in(const BracketPlan& plan, std::vector<GroupOutcome>& outcomes);
    GroupOutcome outcome(const RoundUpward& up, const GroupTerms& terms, const BracketPlan& plan,
                         std::size_t index);

    Model& model_;
    const CheckOptions& options_;
    ExactDecider decider_;
    std::vector<bool> tied_;
    std::vector<std::size_t> first_;  // index of the first group of each query, and the number of all
};

}  // namespace maxcert
