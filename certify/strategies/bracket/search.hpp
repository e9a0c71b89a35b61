// Which group to look at more closely next, and how: wherever the bracket is expected to narrow most for the
// work. Untrusted: any effort is sound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/strategies/bracket/plan.hpp"

namespace maxcert {

/// What BracketPlan::from_json reads.
Json hints_of(const BracketPlan& plan);

/// Every method of a group is evaluated on its own; what the plan's methods establish together is put
/// together from their outcomes.
class BracketSearch {
  public:
    /// `plan` names trees and no other methods; the search adds these. It must outlive the search.
    BracketSearch(BracketEvaluator& evaluator, BracketPlan& plan);

    /// Evaluates the trees, if there are any, and the first level of the convolution if `convolve`. False
    /// when the TimeLimit ended it early.
    bool begin(bool convolve);
    /// Refines the most promising groups; false when the TimeLimit ended it early.
    bool step();
    /// No group can be refined any more.
    bool done() const { return done_; }

    /// What the plan establishes, group by group.
    const std::vector<GroupOutcome>& outcomes() const { return outcomes_; }
    Bracket bracket() const;
    /// Work of every evaluation so far, those that were of no use included.
    std::uint64_t spent() const { return spent_; }

  private:
    enum class Method { convolution, heavy };

    /// What is known of one method on one group: how far it is, and what its next level may bring and cost.
    struct Prospect {
        int level = 0;      ///< the next one
        double hope = 1;    ///< the share of the width that it may take away
        double price = 0;   ///< about its work
        bool over = true;   ///< nothing more to expect
        GroupOutcome last;  ///< of the level before; its work is 0 if there was none
        GroupOutcome kept;  ///< of the level that the plan names, likewise
    };
    struct Choice {
        std::size_t group;
        Method method;
        double promise, price;
    };

    Prospect& prospect(std::size_t group, Method method) {
        return method == Method::heavy ? heavy_[group] : convolution_[group];
    }
    /// Evaluates the next level of the method chosen for each group.
    bool evaluate(const std::vector<Choice>& chosen);
    /// The better method for each group that is open, the most promising first.
    std::vector<Choice> choices() const;
    /// Those within a factor of the best, and few enough for the bracket to be seen closing.
    std::vector<Choice> next_choices() const;
    /// Takes the outcome of a level over if it is worth it, and looks ahead.
    void judge_convolution(std::size_t group, const GroupOutcome& found);
    void judge_heavy(std::size_t group, const GroupOutcome& found);
    void put_together(std::size_t group);

    BracketEvaluator& evaluator_;
    BracketPlan& plan_;
    std::vector<GroupOutcome> trees_, outcomes_;
    std::vector<Prospect> convolution_, heavy_;  // by group
    std::uint64_t spent_ = 0;
    bool done_ = false;
};

}  // namespace maxcert
