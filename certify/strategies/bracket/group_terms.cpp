// Attention weights of one query give the terms of every group with it. An output is left out only if its
// largest sum is below 0 or another output wins wherever it does, both seen in outward-rounded numbers.
#include "certify/strategies/bracket/group_terms.hpp"

#include <algorithm>
#include <limits>

#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

template <class Choose>
Event combine(const Event& a, const Event& b, Choose&& choose) {
    Event c = a;
    for (std::size_t j = 0; j < a.upper.size(); ++j) {
        c.upper[j] = choose(a.upper[j], b.upper[j]);
        c.lower[j] = choose(a.lower[j], b.lower[j]);
    }
    c.constant_upper = choose(a.constant_upper, b.constant_upper);
    c.constant_lower = choose(a.constant_lower, b.constant_lower);
    return c;
}

/// The largest of n numbers, eight side by side, which a processor compares at once.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) double largest_of(const double* from, std::size_t n) {
    constexpr std::size_t lanes = 8;
    double best[lanes];
    std::fill(best, best + lanes, -std::numeric_limits<double>::infinity());
    for (; n >= lanes; n -= lanes, from += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) best[k] = from[k] > best[k] ? from[k] : best[k];
    }
    for (std::size_t k = 0; k < n; ++k) best[k] = from[k] > best[k] ? from[k] : best[k];
    return *std::max_element(best, best + lanes);
}

constexpr double kHuge = 1e290;  // below it in size, sums of a few cannot overflow

/// The ends of weight[t] (of_token[t] + fixed) for t < n; weights are not negative. False if one is huge
/// or no number. Rounds upward.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) bool row_of_terms(const Interval* weight, const Interval* of_token, Interval fixed,
                                            std::size_t n, double* lower, double* upper) {
    const auto larger = [](double a, double b) { return a > b ? a : b; };
    int bad = 0;
    for (std::size_t t = 0; t < n; ++t) {
        const double least = weight[t].lower(), most = weight[t].upper();
        const Interval sum = of_token[t] + fixed;
        upper[t] = larger(least * sum.upper(), most * sum.upper());
        lower[t] = -larger(least * sum.negated_lower(), most * sum.negated_lower());
    }
    for (std::size_t t = 0; t < n; ++t) {
        bad |= !(upper[t] < kHuge) | !(upper[t] > -kHuge) | !(lower[t] < kHuge) | !(lower[t] > -kHuge);
    }
    return bad == 0;
}

bool row_of_terms(const MpfrInterval* weight, const MpfrInterval* of_token, const MpfrInterval& fixed,
                  std::size_t n, double* lower, double* upper) {
    bool ok = true;
    for (std::size_t t = 0; t < n; ++t) {
        const MpfrInterval term = weight[t] * (of_token[t] + fixed);
        lower[t] = lower_double(term), upper[t] = upper_double(term);
        ok = ok && lower[t] > -kHuge && upper[t] < kHuge;
    }
    return ok;
}

}  // namespace

Event either(const Event& a, const Event& b) {
    return combine(a, b, [](double x, double y) { return std::max(x, y); });
}

Event both(const Event& a, const Event& b) {
    return combine(a, b, [](double x, double y) { return std::min(x, y); });
}

Event average(const RoundUpward&, const Event& a, const Event& b) {
    return combine(a, b, [](double x, double y) { return 0.5 * (x + y); });
}

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

void prune_dominated(std::vector<Event>& events, std::vector<std::uint32_t>& outputs, std::uint64_t& work) {
    for (std::size_t k = events.size(); k-- > 0;) {
        for (std::size_t l = 0; l < events.size(); ++l) {
            if (l == k) continue;
            checkpoint(64);  // most pairs differ at once
            work += events[k].upper.size() + 1;
            if (!dominated(events[k], events[l])) continue;
            events.erase(events.begin() + static_cast<std::ptrdiff_t>(k));
            outputs.erase(outputs.begin() + static_cast<std::ptrdiff_t>(k));
            break;
        }
    }
}

template <class N>
QueryGroups<N>::QueryGroups(const RoundUpward& up, const Paths<N>& paths, const Margin& margin,
                            std::uint32_t q)
    : up_(up),
      paths_(paths),
      margin_(margin.enclose<N>()),
      q_(q),
      attention_(attention_weights(up, paths, q)),
      anywhere_(attention_.row(0), attention_.row(0) + attention_.columns()),
      of_output_(transposed(paths.EVOU)) {
    for (std::size_t i = 1; i + 1 < attention_.rows(); ++i) {
        for (std::size_t t = 0; t < anywhere_.size(); ++t)
            anywhere_[t] = hull(anywhere_[t], attention_(i, t));
    }
}

template <class N>
GroupTerms QueryGroups<N>::terms(std::uint32_t m) const {
    const std::size_t last = paths_.PVOU.rows() - 1;
    GroupTerms g;
    g.group = {q_, m, last};
    const Fillings whole = g.group.fillings();
    const std::size_t tokens = g.group.tokens(), entries = last * tokens;
    std::vector<N> of_token(tokens);
    Event e;
    e.upper.resize(entries), e.lower.resize(entries);
    for (std::uint32_t x = 0; x < paths_.EU.rows(); ++x) {
        if (x == m) continue;
        checkpoint(entries);
        const N direct = paths_.EU(q_, x) - paths_.EU(q_, m);
        const auto fixed = [&](std::size_t i) {
            return direct + ((paths_.PVOU(i, x) - paths_.PVOU(i, m)) + margin_);
        };
        const N *with_x = of_output_.row(x), *with_m = of_output_.row(m);
        for (std::size_t t = 0; t < tokens; ++t) of_token[t] = with_x[t] - with_m[t];
        if (!row_of_terms(attention_.row(last) + q_, &of_token[q_], fixed(last), 1, &e.constant_lower,
                          &e.constant_upper)) {
            return g;
        }
        if (last > 0) {
            // Terms that bound those of all positions often show that x cannot win.
            N fixed_anywhere = fixed(0);
            for (std::size_t i = 1; i < last; ++i) fixed_anywhere = hull(fixed_anywhere, fixed(i));
            if (!row_of_terms(anywhere_.data(), of_token.data(), fixed_anywhere, tokens, &e.lower[0],
                              &e.upper[0])) {
                return g;
            }
            g.work += 4 * tokens + 3 * last;
            const double most = largest_of(&e.upper[0], tokens), one = g.group.seen() ? most : e.upper[m];
            if (e.constant_upper + one + static_cast<double>(last - 1) * most < 0) continue;
        }
        for (std::size_t i = 0; i < last; ++i) {
            if (!row_of_terms(attention_.row(i), of_token.data(), fixed(i), tokens, &e.lower[i * tokens],
                              &e.upper[i * tokens])) {
                return g;
            }
        }
        g.work += 3 * entries + 2 * last;
        if (!possible(up_, whole, e)) continue;
        g.outputs.push_back(x);
        g.wins.push_back(e);
    }
    g.known = true;
    prune_dominated(g.wins, g.outputs, g.work);
    return g;
}

template class QueryGroups<Interval>;
template class QueryGroups<MpfrInterval>;

}  // namespace maxcert
