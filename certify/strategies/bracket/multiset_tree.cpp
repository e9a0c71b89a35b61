// Branches on how often each token occurs, the largest first (SOUNDNESS T5). A node is settled when the
// extreme sums of all its sequences agree in sign; what a limit cuts off stays open, which is sound at any
// time.
#include "certify/strategies/bracket/multiset_tree.hpp"

#include <algorithm>
#include <limits>

namespace maxcert {
namespace {

/// Sums of every output's terms: the upper ends of all, and then the lower ends, negated so that rounding
/// upward serves both.
using Sums = std::vector<double>;

class MultisetTree {
  public:
    MultisetTree(const GroupTerms& terms, const TreeLimits& limits, ExactDecider& decider,
                 GroupOutcome& result)
        : terms_(terms),
          group_(terms.group),
          limits_(limits),
          decider_(decider),
          outputs_(terms.wins.size()),
          levels_(group_.tokens()),
          counts_(group_.tokens(), 0),
          sequence_(group_.positions + 1, 0),
          result_(result) {
        const std::size_t tokens = group_.tokens();
        for (const Event& e : terms_.wins) of_query_.push_back(e.constant_upper);
        for (const Event& e : terms_.wins) of_query_.push_back(-e.constant_lower);
        by_token_.assign(tokens, Sums(2 * outputs_, -std::numeric_limits<double>::infinity()));
        for (std::size_t j = 0; j < group_.positions * tokens; ++j) {
            Sums& largest = by_token_[j % tokens];
            for (std::size_t k = 0; k < 2 * outputs_; ++k) largest[k] = std::max(largest[k], term(k, j));
        }
        up_to_ = by_token_;
        for (std::size_t t = 1; t < tokens; ++t) {
            for (std::size_t k = 0; k < 2 * outputs_; ++k) {
                up_to_[t][k] = std::max(up_to_[t - 1][k], up_to_[t][k]);
            }
        }
        sequence_.back() = group_.q;
    }

    void walk() {
        // m itself: at least once, unless the query is m.
        split(of_query_, group_.m, group_.positions, group_.seen() ? 0 : 1, 1);
        result_.bracket.intersect({right_, group_.size() - wrong_});
    }

  private:
    /// Entry k of the sums for a token at a position, position * tokens + token.
    double term(std::size_t k, std::size_t j) const {
        return k < outputs_ ? terms_.wins[k].upper[j] : -terms_.wins[k - outputs_].lower[j];
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
        const Sums& ends = r == 0 ? sums : extended(reach_, sums, up_to_[s - 1], r);
        const bool right = all_right(ends);
        if (right || some_wrong(ends)) {
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

    bool all_right(const Sums& sums) const {
        return std::all_of(sums.begin(), lower_ends(sums), [](double upper) { return upper < 0; });
    }
    bool some_wrong(const Sums& sums) const {
        return std::any_of(lower_ends(sums), sums.end(), [](double negated) { return negated <= 0; });
    }
    Sums::const_iterator lower_ends(const Sums& sums) const {
        return sums.begin() + static_cast<std::ptrdiff_t>(outputs_);
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
            for (std::size_t k = 0; k < next.size(); ++k) next[k] += term(k, i * group_.tokens() + t);
            result_.work += 2 * outputs_;
            arrange(next, i + 1);
            ++counts_[t];
        }
    }

    void rule(const Sums& sums) {
        ++result_.nodes;
        result_.work += outputs_;
        Decision decision = some_wrong(sums) ? Decision::wrong : Decision::right;
        if (decision == Decision::right && !all_right(sums)) {
            ++result_.escalated;
            std::vector<std::uint32_t> open;
            for (std::size_t k = 0; k < outputs_; ++k) {
                if (!(sums[k] < 0)) open.push_back(terms_.wins[k].output);
            }
            decision = decider_.decide({sequence_, group_.m, open, 0});
        }
        if (decision == Decision::right) ++right_;
        if (decision == Decision::wrong) ++wrong_;
    }

    const Sums& extended(Sums& to, const Sums& from, const Sums& token, std::size_t n) {
        to = from;
        const auto times = static_cast<double>(n);
        for (std::size_t k = 0; n > 0 && k < to.size(); ++k) to[k] += times * token[k];
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
    Sums reach_;                          // likewise
    std::vector<std::size_t> counts_;     // of each token, in the current multiset
    std::vector<std::uint32_t> sequence_;
    std::uint64_t next_look_ = 1024;  // nodes at which to ask for the time again
    Count right_ = 0, wrong_ = 0;
    GroupOutcome& result_;
};

}  // namespace

void walk_multisets(const RoundUpward&, const GroupTerms& terms, const TreeLimits& limits,
                    ExactDecider& decider, GroupOutcome& outcome) {
    MultisetTree(terms, limits, decider, outcome).walk();
}

}  // namespace maxcert
