// Tables of one query give the terms of every group with it. An output is left out only if its largest sum is
// below 0 or another output wins wherever it does, both seen in outward-rounded numbers.
#include "certify/strategies/bracket/group_terms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

bool finite(const Event& e) {
    const auto ok = [](double x) { return std::isfinite(x); };
    return std::all_of(e.upper.begin(), e.upper.end(), ok) &&
           std::all_of(e.lower.begin(), e.lower.end(), ok) && ok(e.constant_upper) && ok(e.constant_lower);
}

}  // namespace

Event either(const Event& a, const Event& b) {
    return combine(a, b, [](double x, double y) { return std::max(x, y); });
}

Event both(const Event& a, const Event& b) {
    return combine(a, b, [](double x, double y) { return std::min(x, y); });
}

std::uint64_t query_table_flops(const Shape& shape) {
    const std::uint64_t V = shape.d_vocab, K = shape.n_ctx;
    return 3 * (V + K) + V * K + 3 * V * ((K - 1) * V + 1);
}

bool dominated(const Event& a, const Event& b) {
    if (!(a.constant_upper <= b.constant_lower)) return false;
    for (std::size_t j = 0; j < a.upper.size(); ++j) {
        if (!(a.upper[j] <= b.lower[j])) return false;
    }
    return true;
}

bool possible(const RoundUpward&, const Fillings& fillings, const Event& event) {
    double all = event.constant_upper;
    // Of placing each required token somewhere; they stand at different positions.
    std::vector<double> loss(fillings.required().size(), -std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < fillings.positions(); ++i) {
        const double* row = event.upper.data() + i * fillings.tokens();
        const double largest = *std::max_element(row, row + fillings.tokens());
        all += largest;
        for (std::size_t k = 0; k < loss.size(); ++k) {
            loss[k] = std::max(loss[k], row[fillings.required()[k]] - largest);
        }
    }
    for (const double least : loss) all += least;
    return !(all < 0);
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

GroupTerms QueryGroups::terms(std::uint32_t m, bool prune) {
    GroupTerms g;
    g.group = {static_cast<std::uint32_t>(tables_.query()), m, positions_};
    const Fillings whole = g.group.fillings();
    const std::size_t entries = positions_ * g.group.tokens();
    g.work += entries + (2 * entries + 5 * positions_) * d_vocab_;  // bound_outputs
    const bool bounded =
        tables_.bound_outputs(End::upper, m, bounds_);  // else possible() says it, in doubles
    g.known = true;
    for (std::uint32_t x = 0; x < d_vocab_; ++x) {
        if (x == m || (bounded && bounds_[x] < 0)) continue;
        checkpoint(entries);
        g.work += 4 * entries + 7 * positions_;  // three for a term, one for possible()
        Event e;
        column_.resize(padded(d_vocab_));
        for (std::size_t i = 0; i < positions_; ++i) {
            for (const End end : kBothEnds) {
                if (!tables_.column(end, i, x, m, column_.data())) g.known = false;
                const bool upper = end == End::upper;
                auto& terms = upper ? e.upper : e.lower;
                for (std::size_t t = 0; t <= m; ++t) terms.push_back(upper ? column_[t] : -column_[t]);
            }
        }
        const Interval constant = tables_.term(g.group.q, positions_, x, m);
        e.constant_upper = constant.upper();
        e.constant_lower = constant.lower();
        if (!finite(e)) g.known = false;
        if (g.known && !possible(up_, whole, e)) continue;
        g.outputs.push_back(x);
        g.wins.push_back(std::move(e));
    }
    if (prune) prune_dominated(g.wins, g.outputs, g.work);
    return g;
}

}  // namespace maxcert
