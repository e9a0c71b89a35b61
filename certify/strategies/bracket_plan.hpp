// Which effort every group gets, and what all groups together establish: the hints and the check of the
// multiset and convolution strategies.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "certify/strategies/group_bracket.hpp"
#include "certify/strategies/multiset_tree.hpp"
#include "certify/strategy.hpp"

namespace maxcert {

/// The effort for one group: hints, untrusted like all hints, since any effort is sound.
struct BracketPlan {
    /// Level of the convolution by group, or kNothing; groups are ordered by q, then m.
    std::vector<int> levels;
    double tree_mass = 0;          ///< nodes of the tree of fewer sequences are left open
    std::uint64_t tree_nodes = 0;  ///< of each group's tree; 0: no tree

    static constexpr int kNothing = -1;
    Json to_json() const;
    /// Throws CertificateRejected for anything but a plan for `groups` groups.
    static BracketPlan from_json(const Json& hints, std::size_t groups);
};

/// What one group's effort established and cost.
struct GroupOutcome {
    Bracket bracket;
    std::uint64_t work = 0, nodes = 0, escalated = 0;
};

struct BracketTotals {
    std::vector<GroupOutcome> groups;
    /// Of the outcomes that stand; add_up() refreshes them.
    Bracket all;
    std::uint64_t work = 0, nodes = 0, escalated = 0;
    std::uint64_t spent = 0;  ///< work of every evaluation so far, those that were replaced included
    void add_up();
};

/// Evaluates groups of one subject; remembers nothing between calls.
class BracketEvaluator {
  public:
    BracketEvaluator(Subject& subject, const Options& options);

    std::size_t groups() const { return first_.back(); }
    Group group(std::size_t index) const;
    /// Updates the totals of the groups in `chosen` (ascending) at the plan's effort; stops early, leaving
    /// groups as they were, when `expired` says so. Returns false then.
    bool evaluate(const BracketPlan& plan, const std::vector<std::size_t>& chosen, BracketTotals& totals,
                  const std::function<bool()>& expired);

    BracketTotals nothing_known() const;
    const EscalationStats& escalation() const { return referee_.stats(); }

  private:
    struct Effort {
        int level;
        double tree_mass;
        std::uint64_t tree_nodes;
    };
    GroupOutcome outcome(const GroupTerms& terms, const Effort& effort);

    Subject& subject_;
    const Options& options_;
    Referee referee_;
    std::vector<bool> tied_;
    std::vector<std::size_t> first_;  // index of the first group of each query, and the number of all
};

}  // namespace maxcert
