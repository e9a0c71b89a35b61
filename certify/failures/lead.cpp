// With a_i = exp(score_i) and Z = Σ a_i (SOUNDNESS T0), logit[x] - logit[m] = Δ_m EU[q][x] + Σ a_i (Δ_m
// EVOU[t_i][x] + Δ_m PVOU[i][x]) / Z. Scores are taken relative to the sequence's own largest one, so that no
// a_i is all that matters and yet underflows; differences are formed before they are multiplied, so that
// equal columns of W_U give exactly 0.
#include "certify/failures/lead.hpp"

#include <algorithm>
#include <limits>

namespace maxcert {

QueryLeads::QueryLeads(const RoundUpward&, const Paths<Interval>& paths, std::uint32_t query)
    : paths_(paths), query_(query) {}

Lead QueryLeads::of(const std::vector<std::uint32_t>& tokens, std::uint32_t m) const {
    const Paths<Interval>& p = paths_;
    std::vector<Interval> attention;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        attention.push_back(p.EQKE(query_, tokens[i]) + p.EQKP(query_, i));
    }
    Interval top = attention.front();
    for (const Interval& score : attention) top = max(top, score);
    top = upper_end(top);
    Interval total;
    for (Interval& a : attention) {
        a = exp(a - top);
        total += a;
    }
    Lead lead;
    lead.lower = lead.upper = -std::numeric_limits<double>::infinity();
    for (std::uint32_t x = 0; x < p.EU.rows(); ++x) {
        if (x == m) continue;
        Interval mixture;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const std::uint32_t t = tokens[i];
            mixture += attention[i] * ((p.EVOU(t, x) - p.EVOU(t, m)) + (p.PVOU(i, x) - p.PVOU(i, m)));
        }
        const Interval difference = (p.EU(query_, x) - p.EU(query_, m)) + mixture / total;
        if (difference.upper() > lead.upper) lead.winner = x;
        // A bound that is NaN says nothing: it must not hide behind a comparison.
        lead.upper = difference.upper() <= lead.upper ? lead.upper : difference.upper();
        if (difference.lower() > lead.lower) lead.lower = difference.lower();
    }
    return lead;
}

}  // namespace maxcert
