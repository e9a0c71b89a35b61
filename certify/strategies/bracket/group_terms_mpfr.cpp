// The same terms from MPFR enclosures, rounded outward to doubles at the end: for --arithmetic mpfr, and as a
// check of the fast ones.
#include "certify/strategies/bracket/group_terms_mpfr.hpp"

#include <cmath>
#include <tuple>
#include <utility>

namespace maxcert {

ReferenceQueryGroups::ReferenceQueryGroups(const RoundUpward& up, const Paths<MpfrInterval>& paths,
                                           const Margin& margin, std::uint32_t q)
    : up_(up),
      paths_(paths),
      margin_(margin.enclose<MpfrInterval>()),
      q_(q),
      attention_(paths.PVOU.rows(), paths.EU.rows()) {
    MpfrInterval largest = paths.EQKE(q, 0) + paths.EQKP(q, 0);
    for (const bool scores_known : {false, true}) {
        for (std::size_t i = 0; i < attention_.rows(); ++i) {
            checkpoint(8 * attention_.columns());
            for (std::size_t t = 0; t < attention_.columns(); ++t) {
                const MpfrInterval score = paths.EQKE(q, t) + paths.EQKP(q, i);
                if (scores_known) {
                    attention_(i, t) = exp(score - largest);
                } else {
                    largest = max(largest, score);
                }
            }
        }
        largest = upper_end(largest);  // a point: shifting a row by it changes no sign
    }
}

GroupTerms ReferenceQueryGroups::terms(std::uint32_t m) const {
    const std::size_t last = paths_.PVOU.rows() - 1;
    GroupTerms g;
    g.group = {q_, m, last};
    g.known = true;
    for (std::uint32_t x = 0; x < paths_.EU.rows(); ++x) {
        if (x == m) continue;
        const MpfrInterval direct = (paths_.EU(q_, x) - paths_.EU(q_, m)) + margin_;
        const auto through = [&](std::size_t t) { return direct + (paths_.EVOU(t, x) - paths_.EVOU(t, m)); };
        const auto at = [&](std::size_t i) { return paths_.PVOU(i, x) - paths_.PVOU(i, m); };
        std::vector<MpfrInterval> of_token;
        for (std::size_t t = 0; t <= m; ++t) of_token.push_back(through(t));
        g.work += (2 + 4 * last) * g.group.tokens() + last;
        Event e;
        const auto ends = [&g](const MpfrInterval& term) {
            const std::pair<double, double> both{lower_double(term), upper_double(term)};
            if (!std::isfinite(both.first) || !std::isfinite(both.second)) g.known = false;
            return both;
        };
        for (std::size_t i = 0; i < last; ++i) {
            checkpoint(2 * g.group.tokens());
            const MpfrInterval of_position = at(i);
            for (std::size_t t = 0; t <= m; ++t) {
                const auto [lower, upper] = ends(attention_(i, t) * (of_token[t] + of_position));
                e.lower.push_back(lower);
                e.upper.push_back(upper);
            }
        }
        std::tie(e.constant_lower, e.constant_upper) = ends(attention_(last, q_) * (of_token[q_] + at(last)));
        if (!g.known) return g;
        if (!possible(up_, g.group.fillings(), e)) continue;
        g.outputs.push_back(x);
        g.wins.push_back(std::move(e));
    }
    prune_dominated(g.wins, g.outputs, g.work);
    return g;
}

}  // namespace maxcert
