// Attention weights of one query give the terms of every group with it. An output is left out only if its
// largest sum is below 0 or another output wins wherever it does, both seen in outward-rounded numbers.
#include "certify/strategies/bracket/group_terms.hpp"

#include <algorithm>
#include <limits>

#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

double larger(double a, double b) {
    return a > b ? a : b;
}

/// The largest of n numbers, eight side by side, which a processor compares at once.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) double largest_of(const double* from, std::size_t n) {
    constexpr std::size_t lanes = 8;
    double best[lanes];
    std::fill(best, best + lanes, -std::numeric_limits<double>::infinity());
    for (; n >= lanes; n -= lanes, from += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) best[k] = larger(from[k], best[k]);
    }
    for (std::size_t k = 0; k < n; ++k) best[k] = larger(from[k], best[k]);
    return *std::max_element(best, best + lanes);
}

constexpr double kHuge = 1e140;  // below it in size, sums of products of two do not overflow

template <class N>
Interval rounded(const N& a) {
    return Interval::between(lower_double(a), upper_double(a));
}

template <class N>
bool small(const Matrix<N>& m) {
    return std::all_of(m.row(0), m.row(m.rows()),
                       [](const N& a) { return lower_double(a) > -kHuge && upper_double(a) < kHuge; });
}

constexpr std::size_t kLanes = 16;  // outputs side by side

/// Raises largest[x] to the upper ends of weight[t] (of_token(t, x) + (more[t] + fixed[x])) for first <= t <
/// last, for whole lanes of outputs x; weights are not negative. Rounds upward.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void raise_to_terms(const Interval* weight, const Matrix<double>& of_token,
                                              const double* more, const double* fixed, std::size_t first,
                                              std::size_t last, double* largest) {
    for (std::size_t x = 0; x < of_token.columns(); x += kLanes) {
        double best[kLanes];
        std::copy(largest + x, largest + x + kLanes, best);
        for (std::size_t t = first; t < last; ++t) {
            const double *from = of_token.row(t) + x, least = weight[t].lower(), most = weight[t].upper();
            for (std::size_t k = 0; k < kLanes; ++k) {
                const double sum = from[k] + (more[t] + fixed[x + k]);
                best[k] = larger(best[k], larger(least * sum, most * sum));
            }
        }
        std::copy(best, best + kLanes, largest + x);
    }
}

/// Adds the upper end of weight (of_token[x] + (more + fixed[x])) to one[x] + others * any[x], for n outputs
/// x; the weight is not negative. Rounds upward.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void add_term(Interval weight, const double* of_token, double more,
                                        const double* fixed, const double* any, double others, std::size_t n,
                                        double* one) {
    for (std::size_t x = 0; x < n; ++x) {
        const double sum = of_token[x] + (more + fixed[x]);
        one[x] = larger(weight.lower() * sum, weight.upper() * sum) + (one[x] + others * any[x]);
    }
}

/// The ends of weight[t] (of_token[t] + fixed) for t < n; weights are not negative. Rounds upward.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void row_of_terms(const Interval* weight, const Interval* of_token, Interval fixed,
                                            std::size_t n, double* lower, double* upper) {
    for (std::size_t t = 0; t < n; ++t) {
        const double least = weight[t].lower(), most = weight[t].upper();
        const Interval sum = of_token[t] + fixed;
        upper[t] = larger(least * sum.upper(), most * sum.upper());
        lower[t] = -larger(least * sum.negated_lower(), most * sum.negated_lower());
    }
}

void row_of_terms(const MpfrInterval* weight, const MpfrInterval* of_token, const MpfrInterval& fixed,
                  std::size_t n, double* lower, double* upper) {
    for (std::size_t t = 0; t < n; ++t) {
        const MpfrInterval term = weight[t] * (of_token[t] + fixed);
        lower[t] = lower_double(term), upper[t] = upper_double(term);
    }
}

}  // namespace

std::uint64_t query_table_flops(const Shape& shape) {
    const std::uint64_t V = shape.d_vocab, K = shape.n_ctx;
    return 3 * (V + K) + V * K;
}

bool dominated(const Event& a, const Event& b) {
    if (!(a.constant_upper <= b.constant_lower)) return false;
    for (std::size_t j = 0; j < a.upper.size(); ++j) {
        if (!(a.upper[j] <= b.lower[j])) return false;
    }
    return true;
}

double largest_sum(const Fillings& fillings, const std::vector<double>& terms, double constant) {
    double sum = constant;
    // Of placing each required token somewhere; they stand at different positions.
    std::vector<double> loss(fillings.required().size(), -std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < fillings.positions(); ++i) {
        const double* row = terms.data() + i * fillings.tokens();
        const double largest = largest_of(row, fillings.tokens());
        sum += largest;
        for (std::size_t k = 0; k < loss.size(); ++k) {
            loss[k] = std::max(loss[k], row[fillings.required()[k]] - largest);
        }
    }
    for (const double least : loss) sum += least;
    return sum;
}

bool possible(const RoundUpward&, const Fillings& fillings, const Event& event) {
    return !(largest_sum(fillings, event.upper, event.constant_upper) < 0);
}

void prune_dominated(std::vector<Event>& events, std::uint64_t& work) {
    for (std::size_t k = events.size(); k-- > 0;) {
        for (std::size_t l = 0; l < events.size(); ++l) {
            if (l == k) continue;
            checkpoint(64);  // most pairs differ at once
            work += events[k].upper.size() + 1;
            if (!dominated(events[k], events[l])) continue;
            events.erase(events.begin() + static_cast<std::ptrdiff_t>(k));
            break;
        }
    }
}

template <class N>
GroupTables<N>::GroupTables(const RoundUpward&, const Paths<N>& p, const Margin& m)
    : paths(p),
      margin(m.enclose<N>()),
      EVOU(p.EVOU.rows(), (p.EVOU.columns() + kLanes - 1) / kLanes * kLanes) {
    known = small(p.EU) && small(p.EVOU) && small(p.PVOU) && upper_double(margin) < kHuge;
    for (std::size_t t = 0; t < p.EVOU.rows(); ++t) {
        for (std::size_t x = 0; x < p.EVOU.columns(); ++x) EVOU(t, x) = upper_double(p.EVOU(t, x));
    }
}

template <class N>
QueryGroups<N>::QueryGroups(const RoundUpward& up, const GroupTables<N>& tables, std::uint32_t q)
    : up_(up),
      tables_(tables),
      paths_(tables.paths),
      q_(q),
      attention_(attention_weights(up, paths_, q)),
      fixed_(paths_.PVOU.rows(), tables.EVOU.columns()) {
    const std::size_t V = paths_.EU.rows(), K = fixed_.rows();
    known_ = tables.known && small(attention_);
    for (std::size_t i = 0; i < K; ++i) {
        for (std::size_t x = 0; x < V; ++x) {
            fixed_(i, x) = upper_double(paths_.PVOU(i, x)) + upper_double(paths_.EU(q, x));
        }
    }
    for (std::size_t t = 0; t < V; ++t) {
        anywhere_.push_back(rounded(attention_(0, t)));
        for (std::size_t i = 1; i + 1 < K; ++i) anywhere_[t] = hull(anywhere_[t], rounded(attention_(i, t)));
    }
}

template <class N>
std::vector<std::uint32_t> QueryGroups<N>::candidates(const Group& group) const {
    const std::size_t last = group.positions, m = group.m;
    // Without other positions they add 0.
    const std::vector<double> nothing(tables_.EVOU.columns(),
                                      last == 0 ? 0 : -std::numeric_limits<double>::infinity());
    std::vector<double> of_token(group.tokens()), fixed = nothing, of_any = nothing;
    for (std::size_t t = 0; t <= m; ++t) of_token[t] = -lower_double(paths_.EVOU(t, m));
    const auto of_position = [&](std::size_t i) {
        return upper_double(tables_.margin) - lower_double(paths_.EU(q_, m)) -
               lower_double(paths_.PVOU(i, m));
    };
    for (std::size_t i = 0; i < last; ++i) {
        const double* from = fixed_.row(i);
        const double more = of_position(i);
        for (std::size_t x = 0; x < fixed.size(); ++x) fixed[x] = larger(fixed[x], from[x] + more);
    }
    const auto raise = [&](std::size_t first, std::size_t end) {
        raise_to_terms(anywhere_.data(), tables_.EVOU, of_token.data(), fixed.data(), first, end,
                       of_any.data());
    };
    if (last > 0) raise(m, m + 1);
    std::vector<double> sums = of_any;  // of m, if it must stand somewhere
    if (last > 1 || (last > 0 && group.seen())) raise(0, m);
    if (group.seen()) sums = of_any;
    add_term(rounded(attention_(last, q_)), tables_.EVOU.row(q_), of_token[q_] + of_position(last),
             fixed_.row(last), of_any.data(), static_cast<double>(last - 1), sums.size(), sums.data());
    std::vector<std::uint32_t> can_win;
    for (std::uint32_t x = 0; x < paths_.EU.rows(); ++x) {
        if (x != m && !(sums[x] < 0)) can_win.push_back(x);
    }
    return can_win;
}

template <class N>
GroupTerms QueryGroups<N>::terms(std::uint32_t m) const {
    const std::size_t last = paths_.PVOU.rows() - 1;
    GroupTerms g;
    g.group = {q_, m, last};
    if (!known_) return g;
    g.known = true;
    const std::size_t tokens = g.group.tokens(), entries = last * tokens;
    checkpoint(paths_.EU.rows() * tokens);
    const std::vector<std::uint32_t> outputs = candidates(g.group);
    if (last > 0) g.work += (4 * tokens + 3 * last) * (paths_.EU.rows() - 1);
    if (outputs.empty()) return g;
    const Fillings whole = g.group.fillings();
    std::vector<N> of_token(tokens);
    Event e;
    e.upper.resize(entries), e.lower.resize(entries);
    for (const std::uint32_t x : outputs) {
        checkpoint(entries);
        const auto fixed = [&](std::size_t i) {
            return (paths_.EU(q_, x) - paths_.EU(q_, m)) +
                   ((paths_.PVOU(i, x) - paths_.PVOU(i, m)) + tables_.margin);
        };
        for (std::size_t t = 0; t < tokens; ++t) of_token[t] = paths_.EVOU(t, x) - paths_.EVOU(t, m);
        row_of_terms(attention_.row(last) + q_, &of_token[q_], fixed(last), 1, &e.constant_lower,
                     &e.constant_upper);
        for (std::size_t i = 0; i < last; ++i) {
            row_of_terms(attention_.row(i), of_token.data(), fixed(i), tokens, &e.lower[i * tokens],
                         &e.upper[i * tokens]);
        }
        g.work += 3 * entries + 2 * last;
        if (!possible(up_, whole, e)) continue;
        e.output = x;
        g.wins.push_back(e);
    }
    prune_dominated(g.wins, g.work);
    return g;
}

template struct GroupTables<Interval>;
template struct GroupTables<MpfrInterval>;
template class QueryGroups<Interval>;
template class QueryGroups<MpfrInterval>;

}  // namespace maxcert
