// The plain form of the brute-force walk on any number type: the reference that `--arithmetic mpfr` runs, and
// the method whose operations are counted as proof length.
#pragma once

#include <cstdint>
#include <vector>

#include "certify/model/paths.hpp"
#include "certify/strategies/brute_force/walk.hpp"

namespace maxcert {

/// The terms g_x(t,i) of T0 for one query: what the verifier tabulates before it walks.
template <class N>
class TermTable {
  public:
    /// Scores are taken relative to the largest one, which changes no sign.
    TermTable(const Paths<N>& paths, std::size_t q)
        : p_(paths), q_(q), attention_(p_.PVOU.rows() * p_.EU.rows()) {
        const std::size_t d_vocab = p_.EU.rows(), n_ctx = p_.PVOU.rows();
        const auto score = [&](std::size_t j) { return p_.EQKE(q, j % d_vocab) + p_.EQKP(q, j / d_vocab); };
        N top = score(0);
        for (std::size_t j = 1; j < attention_.size(); ++j) top = max(top, score(j));
        top = upper_end(top);
        for (std::size_t j = 0; j < d_vocab * n_ctx; ++j) attention_[j] = exp(score(j) - top);
    }
    /// g_x(t,i) for largest token m.
    N operator()(std::size_t t, std::size_t i, std::size_t x, std::size_t m, const N& margin) const {
        const N bracket = ((p_.EU(q_, x) - p_.EU(q_, m)) + (p_.EVOU(t, x) - p_.EVOU(t, m))) +
                          ((p_.PVOU(i, x) - p_.PVOU(i, m)) + margin);
        return attention_[i * p_.EU.rows() + t] * bracket;
    }

  private:
    const Paths<N>& p_;
    std::size_t q_;
    std::vector<N> attention_;
};

/// The walk of walk_sequences() with every decision made in N, for one margin. Under MpfrInterval at the
/// working precision of the calling thread (it uses no other).
template <class N>
class ReferenceWalk {
  public:
    ReferenceWalk(const Paths<N>& paths, const N& margin, const WalkRequest& request)
        : paths_(paths),
          margin_(margin),
          request_(request),
          d_vocab_(paths.EU.rows()),
          free_(paths.PVOU.rows() - 1),
          tokens_(free_ + 1) {}

    WalkResult run() {
        for (std::size_t q = 0; q < d_vocab_ && !stopped_; ++q) {
            const TermTable<N> table(paths_, q);
            for (m_ = q; m_ < (free_ == 0 ? q + 1 : d_vocab_) && !stopped_; ++m_) walk(table, q);
            if (request_.on_progress)
                request_.on_progress(static_cast<double>(q + 1) / static_cast<double>(d_vocab_));
        }
        return {{counts_}, !stopped_};
    }

  private:
    struct Output {
        std::uint32_t x;
        std::vector<std::vector<N>> term;  // [position][token]
        std::vector<N> largest, smallest;  // [position]: bounds on what positions >= it can add
        N sum;
    };

    void walk(const TermTable<N>& table, std::size_t q) {
        tokens_[free_] = static_cast<std::uint32_t>(q);
        if (!request_.tied.empty() && request_.tied[m_]) {
            counts_.wrong += completions(m_ == q, free_);
            return;
        }
        std::vector<Output> outputs;
        for (std::uint32_t x = 0; x < d_vocab_; ++x) {
            if (x == m_) continue;
            Output o;
            o.x = x;
            o.sum = table(q, free_, x, m_, margin_);
            o.term.resize(free_);
            o.largest.resize(free_ + 1), o.smallest.resize(free_ + 1);
            for (std::size_t i = free_; i-- > 0;) {
                for (std::size_t t = 0; t <= m_; ++t) o.term[i].push_back(table(t, i, x, m_, margin_));
                N largest = o.term[i][0], smallest = o.term[i][0];
                for (std::size_t t = 1; t <= m_; ++t) {
                    largest = max(largest, o.term[i][t]);
                    smallest = min(smallest, o.term[i][t]);
                }
                o.largest[i] = o.largest[i + 1] + largest;
                o.smallest[i] = o.smallest[i + 1] + smallest;
            }
            outputs.push_back(std::move(o));
        }
        std::vector<Output*> active;
        active.reserve(outputs.size());
        for (Output& o : outputs) active.push_back(&o);
        visit(active, 0, m_ == q);
    }

    /// The positions before i are fixed; `active` may still win.
    void visit(const std::vector<Output*>& active, std::size_t i, bool seen) {
        stopped_ = stopped_ || stop_requested() || request_.deadline.passed();
        if (stopped_ || (i == free_ && !seen)) return;
        std::vector<Output*> still;
        for (Output* o : active) {
            if (certainly_negative(o->sum + o->largest[i])) continue;
            if (certainly_nonnegative(o->sum + o->smallest[i])) {
                counts_.wrong += completions(seen, free_ - i);
                return;
            }
            still.push_back(o);
        }
        if (still.empty()) {
            counts_.right += completions(seen, free_ - i);
        } else if (i == free_) {
            ask_referee(still);
        } else {
            for (std::size_t t = 0; t <= m_; ++t) {
                tokens_[i] = static_cast<std::uint32_t>(t);
                std::vector<N> before;
                before.reserve(still.size());
                for (Output* o : still) {
                    before.push_back(o->sum);
                    o->sum = o->sum + o->term[i][t];
                }
                visit(still, i + 1, seen || t == m_);
                for (std::size_t k = 0; k < still.size(); ++k) still[k]->sum = before[k];
            }
        }
    }

    void ask_referee(const std::vector<Output*>& active) {
        std::vector<std::uint32_t> outputs;
        outputs.reserve(active.size());
        for (const Output* o : active) outputs.push_back(o->x);
        ++counts_.escalated;
        const Decision decision =
            request_.decider ? request_.decider({tokens_, static_cast<std::uint32_t>(m_), outputs, 0})
                             : Decision::open;
        (decision == Decision::right   ? counts_.right
         : decision == Decision::wrong ? counts_.wrong
                                       : counts_.open) += 1;
    }

    std::uint64_t completions(bool seen, std::size_t r) const {
        std::uint64_t all = 1, without = 1;
        for (std::size_t i = 0; i < r; ++i) all *= m_ + 1, without *= m_;
        return seen ? all : all - without;
    }

    const Paths<N>& paths_;
    const N& margin_;
    const WalkRequest& request_;
    std::size_t d_vocab_, free_, m_ = 0;
    std::vector<std::uint32_t> tokens_;
    WalkCounts counts_;
    bool stopped_ = false;
};

}  // namespace maxcert
