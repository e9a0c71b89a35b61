#include "certify/strategies/brute_force_subtree.hpp"

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

Subtree::Subtree(const WalkRequest& request, const Kernels& kernels, std::size_t d_vocab, std::size_t n_ctx)
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

std::uint64_t Subtree::completions(bool seen, std::size_t r) const {
    return integer_power(m_ + 1, r) - (seen ? 0 : integer_power(m_, r));
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
        counts.right += completions(seen, free_);
        return true;
    }
    if (!fill_columns(tables)) {
        hand_over(0, seen);
        return !stopped_;
    }
    fill_rests();
    OutputSums& sums = levels_[0].sums;
    sums.clear();
    double worst = kNothing, surest = -kNothing;
    for (std::uint32_t k = 0; k < outputs_.size(); ++k) {
        const Interval own = tables.term(q, free_, outputs_[k], m);
        sums.push(k, own.upper(), own.negated_lower());
        worst = std::max(worst, own.upper() + rest(1, seen, 0, k));
        surest = std::min(surest, own.negated_lower() + rest(0, seen, 0, k));
    }
    if (worst < 0) {
        counts.right += completions(seen, free_);
    } else if (surest <= 0) {
        counts.wrong += completions(seen, free_);
    } else if (free_ == 0) {
        open_outputs_ = outputs_;
        ask_referee(open_outputs_);
    } else {
        visit(0, seen);
    }
    return !stopped_;
}

bool Subtree::fill_columns(const QueryTables& tables) {
    bool finite = true;
    for (int end = 0; end < 2; ++end) {
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

void Subtree::fill_rests() {
    const std::size_t n = outputs_.size();
    for (int end = 0; end < 2; ++end) {
        for (auto& r : rests_[end]) r.resize((free_ + 1) * n);
        for (std::size_t k = 0; k < n; ++k) {
            rest(end, true, free_, k) = 0;
            rest(end, false, free_, k) = kNothing;  // no sequence without m is of this subtree
            for (std::size_t i = free_; i-- > 0;) {
                const double* c = column(end, i, k);
                const double below = kernels_.max_of(c, m_);
                const double with_m = c[m_] + rest(end, true, i + 1, k);
                rest(end, false, i, k) = std::max(with_m, below + rest(end, false, i + 1, k));
                rest(end, true, i, k) = std::max(with_m, below + rest(end, true, i + 1, k));
            }
        }
    }
}

bool Subtree::stop() {
    if (!stopped_ && ++visits_ % 64 == 0) stopped_ = stop_requested() || request_.deadline.passed();
    return stopped_;
}

/// Worst and surest sums over the active outputs for each next token t < n, the rest bounded.
void Subtree::sweep(std::size_t i, bool seen, std::size_t n) {
    Level& level = levels_[i];
    const std::size_t count = level.sums.output.size();
    level.upper.resize(count), level.negated_lower.resize(count);
    level.upper_start.resize(count), level.negated_start.resize(count);
    for (std::size_t j = 0; j < count; ++j) {
        const std::uint32_t k = level.sums.output[j];
        level.upper[j] = column(1, i, k);
        level.negated_lower[j] = column(0, i, k);
        level.upper_start[j] = level.sums.upper[j] + rest(1, seen, i + 1, k);
        level.negated_start[j] = level.sums.negated_lower[j] + rest(0, seen, i + 1, k);
    }
    counts_->sweeps += count;
    kernels_.sweep(level.upper.data(), level.upper_start.data(), level.negated_lower.data(),
                   level.negated_start.data(), count, n, level.worst.data(), level.surest.data());
}

/// Position i takes each token; level i holds the sums over the positions before it and the query.
void Subtree::visit(std::size_t i, bool seen) {
    if (stop()) return;
    if (i + 1 == free_) return visit_last(seen);
    Level& level = levels_[i];
    const std::size_t n = seen ? m_ + 1 : m_;
    sweep(i, seen, n);
    for (std::size_t t = 0; t < n && !stopped_; ++t) settle(i, t, seen, level.worst[t], level.surest[t]);
    if (seen || stopped_) return;
    double worst = kNothing, surest = -kNothing;
    for (std::size_t j = 0; j < level.sums.output.size(); ++j) {
        const std::uint32_t k = level.sums.output[j];
        const double upper = level.sums.upper[j] + rest(1, true, i + 1, k);
        const double negated = level.sums.negated_lower[j] + rest(0, true, i + 1, k);
        worst = std::max(worst, upper + column(1, i, k)[m_]);
        surest = std::min(surest, negated + column(0, i, k)[m_]);
    }
    settle(i, m_, true, worst, surest);
}

/// Token t at position i: rules on all its completions at once, or goes on with what can still win.
void Subtree::settle(std::size_t i, std::size_t t, bool seen, double worst, double surest) {
    if (worst < 0) {
        counts_->right += completions(seen, free_ - i - 1);
        return;
    }
    if (surest <= 0) {
        counts_->wrong += completions(seen, free_ - i - 1);
        return;
    }
    tokens_[i] = static_cast<std::uint32_t>(t);
    const OutputSums& from = levels_[i].sums;
    OutputSums& to = levels_[i + 1].sums;
    to.clear();
    for (std::size_t j = 0; j < from.output.size(); ++j) {
        const std::uint32_t k = from.output[j];
        const double upper = from.upper[j] + column(1, i, k)[t];
        if (upper + rest(1, seen, i + 1, k) < 0) continue;
        to.push(k, upper, from.negated_lower[j] + column(0, i, k)[t]);
    }
    // Rounding is not associative: the sweep may have left a child open that this order closes.
    if (to.output.empty()) {
        counts_->right += completions(seen, free_ - i - 1);
        return;
    }
    visit(i + 1, seen);
}

void Subtree::visit_last(bool seen) {
    const std::size_t i = free_ - 1;
    if (!seen) {
        rule_on_sequence(m_);
        return;
    }
    Level& level = levels_[i];
    sweep(i, true, m_ + 1);
    std::int64_t right = 0, wrong = 0;
    for (std::size_t t = 0; t <= m_; ++t) {
        right += level.worst[t] < 0 ? 1 : 0;
        wrong += level.surest[t] <= 0 ? 1 : 0;
    }
    counts_->right += static_cast<std::uint64_t>(right);
    counts_->wrong += static_cast<std::uint64_t>(wrong);
    if (static_cast<std::size_t>(right + wrong) == m_ + 1) return;
    for (std::size_t t = 0; t <= m_; ++t) {
        if (!(level.worst[t] < 0) && !(level.surest[t] <= 0)) rule_on_sequence(t);
    }
}

/// The last free position takes token t.
void Subtree::rule_on_sequence(std::size_t t) {
    const std::size_t i = free_ - 1;
    const OutputSums& sums = levels_[i].sums;
    tokens_[i] = static_cast<std::uint32_t>(t);
    open_outputs_.clear();
    for (std::size_t j = 0; j < sums.output.size(); ++j) {
        const std::uint32_t k = sums.output[j];
        if (sums.upper[j] + column(1, i, k)[t] < 0) continue;
        if (sums.negated_lower[j] + column(0, i, k)[t] <= 0) {
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
    const Ruling ruling = request_.referee
                              ? request_.referee({tokens_, static_cast<std::uint32_t>(m_), outputs, margin_})
                              : Ruling::open;
    (ruling == Ruling::right   ? counts_->right
     : ruling == Ruling::wrong ? counts_->wrong
                               : counts_->open) += 1;
}

/// Doubles cannot hold the terms: every sequence of the subtree goes to the referee.
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
