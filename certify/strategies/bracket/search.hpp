// Which group to look at more closely next, and how: wherever the bracket is expected to narrow most for the
// work. Untrusted: any effort is sound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "certify/strategies/bracket/plan.hpp"

namespace maxcert {

class BracketSearch {
  public:
    /// `totals` are of `plan`, and both are refined in place. All must outlive the search.
    BracketSearch(BracketEvaluator& evaluator, BracketPlan& plan, BracketTotals& totals);

    /// Refines the most promising groups; false when `expired` ended it early.
    bool step(const std::function<bool()>& expired);
    /// No group can be refined any more.
    bool done() const { return done_; }

  private:
    enum class Method { convolution, heavy };

    /// What is known of one method on one group: how far it is, and what its next level may bring and cost.
    struct Prospect {
        int level = 0;      ///< the next one
        double hope = 1;    ///< the share of the width that it may take away
        double price = 0;   ///< about its work
        bool over = false;  ///< nothing more to expect
    };
    struct Choice {
        std::size_t group;
        Method method;
        double promise, price;
    };

    Prospect& prospect(std::size_t group, Method method) {
        return method == Method::heavy ? heavy_[group] : convolution_[group];
    }
    /// The better method for each group that is open, the most promising first.
    std::vector<Choice> choices() const;
    /// Those within a factor of the best, and few enough for the bracket to be seen closing.
    std::vector<Choice> next_choices();
    /// Takes the new outcome of a group over if it is worth it.
    void judge_convolution(std::size_t group, GroupOutcome& found, const GroupOutcome& before);
    void judge_heavy(std::size_t group, GroupOutcome& found, const GroupOutcome& before);

    BracketEvaluator& evaluator_;
    BracketPlan& plan_;
    BracketTotals& totals_;
    std::vector<Prospect> convolution_, heavy_;  // by group
    bool done_ = false;
};

}  // namespace maxcert
