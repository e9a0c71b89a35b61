// Fixes one position after the other and carries only the outputs that some completion can still make win.
// Prefix sums are rounded upward, and negated sums too, so one rounding mode serves both verdicts.
#include "certify/strategies/brute_force/subtree.hpp"

#include <algorithm>
#include <limits>

namespace maxcert {
namespace {

// Sums of a few columns below this stay finite, so no comparison meets a NaN.
constexpr double kDoubleLimit = 1e290;
constexpr double kNothing = -std::numeric_limits<double>::infinity();

std::uint64_t integer_power(std::uint64_t base, std::size_t exponent) {
    std::uint64_t result = 1;
    for (std::size_t i = 0; i < exponent; ++i) result *= base;
    return result;
}

}  // namespace

Subtree::Subtree(const RoundUpward&, const WalkRequest& request, const Kernels& kernels, std::size_t d_vocab,
                 std::size_t n_ctx)
    : request_(request),
      kernels_(kernels),
      free_(n_ctx - 1),
      stride_(padded(d_vocab)),
      tokens_(n_ctx),
      levels_(n_ctx) {
    for (Level& level : levels_) {
        level.worst.resize(stride_);
        level.surest.resize(stride_);
    }
}

std::uint64_t Subtree::sequences(std::size_t m, bool seen) const {
    return integer_power(m + 1, free_) - (seen ? 0 : integer_power(m, free_));
}

bool Subtree::walk(const QueryTables& tables, std::size_t m, std::size_t margin,
                   const std::vector<std::uint32_t>& outputs, WalkCounts& counts) {
    m_ = m, margin_ = margin, counts_ = &counts, stopped_ = false;
    outputs_ = outputs;
    counts.active_triples += outputs.size();
    const std::size_t q = tables.query();
    tokens_[free_] = static_cast<std::uint32_t>(q);
    const bool seen = m == q;
    if (outputs.empty()) {
        counts.right += sequences(m, seen);
        return true;
    }
    if (!fill_columns(tables)) {
        hand_over(0, seen);
        return !stopped_;
    }
    find_largest();
    round_columns();
    last_places_.resize(outputs_.size());
    own_.clear();
    for (std::uint32_t k = 0; k < outputs_.size(); ++k) {
        const Interval own = tables.term(q, free_, outputs_[k], m);
        own_.push(k, own.upper(), own.negated_lower());
    }
    // Without the query, m occurs first at one of the free positions. With it placed no later choice is
    // forced, so that the last position is always swept as a whole.
    for (std::size_t first = seen ? free_ : 0; first < (seen ? free_ + 1 : free_) && !stopped_; ++first) {
        walk_part(first);
    }
    return !stopped_;
}

bool Subtree::fill_columns(const QueryTables& tables) {
    bool finite = true;
    for (const End end : kBothEnds) {
        columns_[end].resize(free_ * outputs_.size() * stride_);
        for (std::size_t i = 0; i < free_; ++i) {
            for (std::size_t k = 0; k < outputs_.size(); ++k) {
                double* out = columns_[end].data() + (i * outputs_.size() + k) * stride_;
                const bool ok = tables.column(end, i, outputs_[k], m_, out);
                finite = finite && ok;
            }
        }
    }
    for (const std::uint32_t x : outputs_) {
        const Interval own = tables.term(tables.query(), free_, x, m_);
        finite = finite && own.upper() < kDoubleLimit && own.negated_lower() < kDoubleLimit;
    }
    return finite;
}

/// What position i can add at most to output k: with all tokens below m, and with m too.
void Subtree::find_largest() {
    const std::size_t n = outputs_.size();
    for (const End end : kBothEnds) {
        Largest& largest = largest_[end];
        largest.below.resize(free_ * n), largest.with_m.resize(free_ * n);
        for (std::size_t i = 0; i < free_; ++i) {
            for (std::size_t k = 0; k < n; ++k) {
                const double* c = column(end, i, k);
                const double below = kernels_.max_of(c, m_);
                largest.below[i * n + k] = below;
                largest.with_m[i * n + k] = std::max(below, c[m_]);
            }
        }
    }
}

/// The positions left when `first` is taken, the tokens that each may hold, and what is still to come after
/// it.
void Subtree::lay_out(std::size_t first) {
    order_.clear();
    // The last two places are the same with every first one that is not among the last two positions.
    if (first == 0 || first + 2 >= free_) {
        for (LastPlaces& places : last_places_) places.pairs_asked = places.tokens_asked = 0;
    }
    for (std::size_t i = 0; i < free_; ++i) {
        if (i != first) order_.push_back({i, first < free_ && i < first ? m_ : m_ + 1, 1});
    }
    for (std::size_t d = order_.size(); d-- > 1;) {
        order_[d - 1].completions = order_[d].completions * order_[d].tokens;
    }
    const std::size_t n = outputs_.size();
    for (const End end : kBothEnds) {
        rests_[end].assign((order_.size() + 1) * n, 0.0);
        for (std::size_t d = order_.size(); d-- > 0;) {
            const bool with_m = order_[d].tokens > m_;
            const std::vector<double>& largest = with_m ? largest_[end].with_m : largest_[end].below;
            for (std::size_t k = 0; k < n; ++k) {
                rest(end, d, k) = largest[order_[d].position * n + k] + rest(end, d + 1, k);
            }
        }
    }
}

/// The sequences in which position `first` is the first to hold m; free_: the query itself is m.
void Subtree::walk_part(std::size_t first) {
    lay_out(first);
    std::uint64_t all = 1;
    for (const Place& place : order_) all *= place.tokens;
    OutputSums& sums = levels_[0].sums;
    sums.clear();
    double surest = -kNothing;
    for (std::uint32_t k = 0; k < outputs_.size(); ++k) {
        double upper = own_.upper[k], negated = own_.negated_lower[k];
        if (first < free_)
            upper += column(End::upper, first, k)[m_], negated += column(End::lower, first, k)[m_];
        if (upper + rest(End::upper, 0, k) < 0) continue;
        surest = std::min(surest, negated + rest(End::lower, 0, k));
        sums.push(k, upper, negated);
    }
    if (first < free_) tokens_[first] = static_cast<std::uint32_t>(m_);
    if (sums.output.empty()) {
        counts_->right += all;
    } else if (surest <= 0) {
        counts_->wrong += all;
    } else if (order_.empty()) {
        open_outputs_.clear();
        for (const std::uint32_t k : sums.output) open_outputs_.push_back(outputs_[k]);
        ask_referee(open_outputs_);
    } else {
        visit(0);
    }
}

bool Subtree::stop() {
    if (!stopped_ && ++visits_ % 64 == 0) stopped_ = stop_requested() || request_.deadline.passed();
    return stopped_;
}

/// What each token at place d leaves possible.
void Subtree::sweep(std::size_t d) {
    Level& level = levels_[d];
    const std::size_t count = level.sums.output.size();
    level.upper.resize(count), level.negated_lower.resize(count);
    level.upper_start.resize(count), level.negated_start.resize(count);
    for (std::size_t j = 0; j < count; ++j) {
        const std::uint32_t k = level.sums.output[j];
        level.upper[j] = column(End::upper, order_[d].position, k);
        level.negated_lower[j] = column(End::lower, order_[d].position, k);
        level.upper_start[j] = level.sums.upper[j] + rest(End::upper, d + 1, k);
        level.negated_start[j] = level.sums.negated_lower[j] + rest(End::lower, d + 1, k);
    }
    counts_->sweeps += count;
    kernels_.sweep(level.upper.data(), level.upper_start.data(), level.negated_lower.data(),
                   level.negated_start.data(), count, order_[d].tokens, level.worst.data(),
                   level.surest.data());
}

/// Place d takes each token; level d holds the sums over the places before it, the query and the first m.
void Subtree::visit(std::size_t d) {
    if (stop()) return;
    const bool two_left = d + 2 == order_.size();
    if (two_left && levels_[d].sums.output.size() == 1 && count_pairs(d)) return;
    sweep(d);
    if (d + 1 == order_.size()) return count_last(d);
    token_sets_ = two_left && prepare_token_sets(d);
    if (coarse_ && two_left && !token_sets_) prepare_coarse(d);
    for (std::size_t t = 0; t < order_[d].tokens && !stopped_; ++t) settle(d, t);
}

/// Token t at place d: rules on all its completions at once, or goes on with what can still win.
void Subtree::settle(std::size_t d, std::size_t t) {
    const Level& level = levels_[d];
    const Place& place = order_[d];
    if (level.worst[t] < 0) {
        counts_->right += place.completions;
        return;
    }
    if (level.surest[t] <= 0) {
        counts_->wrong += place.completions;
        return;
    }
    tokens_[place.position] = static_cast<std::uint32_t>(t);
    if (d + 2 == order_.size()) {
        if (token_sets_) return rule_by_token_sets(d, t);
        if (coarse_) return sweep_last_coarsely(d, t);
    }
    descend(d, t);
    // Rounding is not associative: the sweep may have left a child open that this order closes.
    if (levels_[d + 1].sums.output.empty()) {
        counts_->right += place.completions;
        return;
    }
    visit(d + 1);
}

/// The sums of the next level: of those outputs that can still win after token t at place d.
void Subtree::descend(std::size_t d, std::size_t t) {
    const Level& level = levels_[d];
    OutputSums& to = levels_[d + 1].sums;
    to.clear();
    for (std::size_t j = 0; j < level.sums.output.size(); ++j) {
        const std::uint32_t k = level.sums.output[j];
        const double upper = level.sums.upper[j] + level.upper[j][t];
        if (upper + rest(End::upper, d + 1, k) < 0) continue;
        to.push(k, upper, level.sums.negated_lower[j] + level.negated_lower[j][t]);
    }
}

/// The last place, swept: every token there ends one sequence.
void Subtree::count_last(std::size_t d) {
    const Level& level = levels_[d];
    const std::size_t n = order_[d].tokens;
    std::uint64_t right = 0, wrong = 0;
    for (std::size_t t = 0; t < n; ++t) {
        right += level.worst[t] < 0 ? 1 : 0;
        wrong += level.surest[t] <= 0 ? 1 : 0;
    }
    counts_->right += right;
    counts_->wrong += wrong;
    if (right + wrong == n) return;
    for (std::size_t t = 0; t < n; ++t) {
        if (!(level.worst[t] < 0) && !(level.surest[t] <= 0)) rule_on_sequence(d, t);
    }
}

/// The last place takes token t.
void Subtree::rule_on_sequence(std::size_t d, std::size_t t) {
    const std::size_t position = order_[d].position;
    const OutputSums& sums = levels_[d].sums;
    tokens_[position] = static_cast<std::uint32_t>(t);
    open_outputs_.clear();
    for (std::size_t j = 0; j < sums.output.size(); ++j) {
        const std::uint32_t k = sums.output[j];
        if (sums.upper[j] + column(End::upper, position, k)[t] < 0) continue;
        if (sums.negated_lower[j] + column(End::lower, position, k)[t] <= 0) {
            ++counts_->wrong;
            return;
        }
        open_outputs_.push_back(outputs_[k]);
    }
    if (open_outputs_.empty()) {
        ++counts_->right;
    } else {
        ask_referee(open_outputs_);
    }
}

void Subtree::ask_referee(const std::vector<std::uint32_t>& outputs) {
    ++counts_->escalated;
    const Decision decision =
        request_.decider ? request_.decider({tokens_, static_cast<std::uint32_t>(m_), outputs, margin_})
                         : Decision::open;
    (decision == Decision::right   ? counts_->right
     : decision == Decision::wrong ? counts_->wrong
                                   : counts_->open) += 1;
}

/// Doubles cannot hold the terms: every sequence of the subtree goes to the decider.
void Subtree::hand_over(std::size_t i, bool seen) {
    if (stop()) return;
    if (i == free_) {
        if (seen) ask_referee(outputs_);
        return;
    }
    for (std::size_t t = 0; t <= m_ && !stopped_; ++t) {
        tokens_[i] = static_cast<std::uint32_t>(t);
        hand_over(i + 1, seen || t == m_);
    }
}

}  // namespace maxcert
