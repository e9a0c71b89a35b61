// Branches on how often each token occurs, the largest first (SOUNDNESS T5). A node is settled when the
// extreme sums of all its sequences agree in sign; what a limit cuts off stays open, which is sound at any
// time.
#include "certify/strategies/bracket/multiset_tree.hpp"

#include <algorithm>

namespace maxcert {
namespace {

/// Sums of every output's terms: upper ends, and negated lower ends, so that rounding upward serves both.
struct Sums {
    std::vector<double> upper, negated_lower;
};

class MultisetTree {
  public:
    MultisetTree(const GroupTerms& terms, const TreeLimits& limits, ExactDecider& decider)
        : terms_(terms),
          group_(terms.group),
          limits_(limits),
          decider_(decider),
          outputs_(terms.wins.size()),
          by_token_(bounds_of_tokens()),
          up_to_(by_token_),
          levels_(group_.tokens() + 1),
          counts_(group_.tokens(), 0),
          sequence_(group_.positions + 1, 0) {
        for (std::size_t t = 1; t < up_to_.size(); ++t) {
            for (std::size_t k = 0; k < outputs_; ++k) {
                up_to_[t].upper[k] = std::max(up_to_[t - 1].upper[k], up_to_[t].upper[k]);
                up_to_[t].negated_lower[k] =
                    std::max(up_to_[t - 1].negated_lower[k], up_to_[t].negated_lower[k]);
            }
        }
        for (const Event& e : terms_.wins) {
            of_query_.upper.push_back(e.constant_upper);
            of_query_.negated_lower.push_back(-e.constant_lower);
        }
        sequence_.back() = group_.q;
    }

    TreeResult walk() {
        // m itself: at least once, unless the query is m.
        split(of_query_, group_.m, group_.positions, group_.seen() ? 0 : 1, 1);
        result_.bracket.right = right_;
        result_.bracket.upper = group_.size() - wrong_;
        return result_;
    }

  private:
    /// Of each token the extreme terms over the positions.
    std::vector<Sums> bounds_of_tokens() const {
        std::vector<Sums> bounds(group_.tokens());
        for (std::size_t t = 0; t < group_.tokens(); ++t) {
            for (const Event& e : terms_.wins) {
                double high = -1.0 / 0.0, low = 1.0 / 0.0;
                for (std::size_t i = 0; i < group_.positions; ++i) {
                    high = std::max(high, e.upper[i * group_.tokens() + t]);
                    low = std::min(low, e.lower[i * group_.tokens() + t]);
                }
                bounds[t].upper.push_back(high);
                bounds[t].negated_lower.push_back(-low);
            }
        }
        return bounds;
    }

    /// Tokens above s are placed and r positions are left: tries every number of s from `least` on.
    void split(const Sums& sums, std::size_t s, std::size_t r, std::size_t least, const Count& arrangements) {
        if (s == 0) {
            if (r >= least) {
                counts_[0] = r;
                decide(extended(levels_[0], sums, by_token_[0], r), 0, 0, arrangements);
                counts_[0] = 0;
            }
            return;
        }
        for (std::size_t n = least; n <= r; ++n) {
            counts_[s] = n;
            decide(extended(levels_[s], sums, by_token_[s], n), s, r - n, arrangements * binomial(r, n));
        }
        counts_[s] = 0;
    }

    /// r positions are left for tokens below s.
    void decide(const Sums& sums, std::size_t s, std::size_t r, const Count& arrangements) {
        ++result_.nodes;
        result_.work += 4 * outputs_;
        double highest = -1.0 / 0.0;
        bool wrong = false;
        const auto rest = static_cast<double>(r);
        for (std::size_t k = 0; k < outputs_; ++k) {
            const double u = r == 0 ? sums.upper[k] : sums.upper[k] + rest * up_to_[s - 1].upper[k];
            const double l = r == 0 ? sums.negated_lower[k]
                                    : sums.negated_lower[k] + rest * up_to_[s - 1].negated_lower[k];
            highest = std::max(highest, u);
            wrong = wrong || l <= 0;
        }
        const bool right = highest < 0;
        if (right || wrong) {
            (right ? right_ : wrong_) += arrangements * power(s, r);
        } else if (r > 0) {
            const Count mass = arrangements * power(s, r);
            if (mass.get_d() >= limits_.smallest_mass && may_go_on()) {
                split(sums, s - 1, r, 0, arrangements);
            }
        } else if (arrangements <= limits_.assignments && may_go_on()) {
            arrange(of_query_, 0);
        }
    }

    /// Asked before a node is split. A walk that ends here for time ends here for its node limit when redone.
    bool may_go_on() {
        if (result_.nodes >= next_look_ && result_.nodes < limits_.nodes) {
            next_look_ = result_.nodes + 1024;
            if (time_over()) limits_.nodes = result_.cut = result_.nodes;
        }
        return result_.nodes < limits_.nodes;
    }

    /// Every order of the multiset in counts_, position by position.
    void arrange(const Sums& sums, std::size_t i) {
        if (i == group_.positions) {
            rule(sums);
            return;
        }
        Sums next;
        for (std::size_t t = 0; t < counts_.size(); ++t) {
            if (counts_[t] == 0) continue;
            --counts_[t];
            sequence_[i] = static_cast<std::uint32_t>(t);
            next = sums;
            for (std::size_t k = 0; k < outputs_; ++k) {
                next.upper[k] += terms_.wins[k].upper[i * group_.tokens() + t];
                next.negated_lower[k] += -terms_.wins[k].lower[i * group_.tokens() + t];
            }
            result_.work += 2 * outputs_;
            arrange(next, i + 1);
            ++counts_[t];
        }
    }

    void rule(const Sums& sums) {
        ++result_.nodes;
        result_.work += outputs_;
        bool wrong = false;
        std::vector<std::uint32_t> open;
        for (std::size_t k = 0; k < outputs_; ++k) {
            wrong = wrong || sums.negated_lower[k] <= 0;
            if (!(sums.upper[k] < 0)) open.push_back(terms_.outputs[k]);
        }
        Decision decision = wrong ? Decision::wrong : Decision::right;
        if (!wrong && !open.empty()) {
            ++result_.escalated;
            decision = decider_.decide({sequence_, group_.m, open, 0});
        }
        if (decision == Decision::right) ++right_;
        if (decision == Decision::wrong) ++wrong_;
    }

    const Sums& extended(Sums& to, const Sums& from, const Sums& token, std::size_t n) {
        to = from;
        const auto times = static_cast<double>(n);
        for (std::size_t k = 0; n > 0 && k < outputs_; ++k) {
            to.upper[k] += times * token.upper[k];
            to.negated_lower[k] += times * token.negated_lower[k];
        }
        return to;
    }

    const GroupTerms& terms_;
    const Group& group_;
    TreeLimits limits_;
    ExactDecider& decider_;
    std::size_t outputs_;
    Sums of_query_;                       // what every sequence begins with
    std::vector<Sums> by_token_, up_to_;  // of token t; extremes over tokens <= t
    std::vector<Sums> levels_;            // scratch by token
    std::vector<std::size_t> counts_;     // of each token, in the current multiset
    std::vector<std::uint32_t> sequence_;
    std::uint64_t next_look_ = 1024;  // nodes at which to ask for the time again
    Count right_ = 0, wrong_ = 0;
    TreeResult result_;
};

}  // namespace

TreeResult walk_multisets(const RoundUpward&, const GroupTerms& terms, const TreeLimits& limits,
                          ExactDecider& decider) {
    return MultisetTree(terms, limits, decider).walk();
}

}  // namespace maxcert
