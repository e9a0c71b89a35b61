// The check of the cubic strategy (SOUNDNESS T2), written once for every number type.
#pragma once

#include <vector>

#include "certify/model/ov_tables.hpp"
#include "certify/model/path_tables.hpp"
#include "certify/model/position_sums.hpp"
#include "certify/proof/checker.hpp"
#include "certify/proof/escalation.hpp"

namespace maxcert {

/// One claim: with query q and maximum m, the pure sequences with n non-query tokens k < m and the others m
/// are right. n = 0 has no k, and is a single sequence.
struct CubicClaim {
    std::uint32_t q, m, n, k;
};

template <class N>
struct CubicTables {
    const Matrix<N>& EU;
    const Matrix<N>& EVOU;
    const OvTables<N>& ov;
    const Matrix<N>& direct;              ///< e_m(q) at (q, m)
    const Matrix<N>& worst_ov;            ///< omega_m(t) at (m, t), t <= m
    const Matrix<N>& relative_attention;  ///< A_t = exp(EQKE[q][t] - EQKE[q][q]) at (q, t)
    const PositionSums<N>& positions;
    N margin;
};

/// omega_m(t) = max_{x != m} EVOU[t][x] - EVOU[t][m] + PV_x(m) at (m, t), for t <= m; d_vocab >= 2.
template <class N>
Matrix<N> worst_ov(const Matrix<N>& EVOU, const OvTables<N>& ov) {
    const std::size_t V = EVOU.rows();
    Matrix<N> worst(V, V);
    for (std::size_t m = 0; m < V; ++m) {
        for (std::size_t t = 0; t <= m; ++t) {
            checkpoint(V);
            const std::size_t first = m == 0 ? 1 : 0;
            N largest = (EVOU(t, first) - EVOU(t, m)) + ov.position(m, first);
            for (std::size_t x = first + 1; x < V; ++x) {
                if (x != m) largest = max(largest, (EVOU(t, x) - EVOU(t, m)) + ov.position(m, x));
            }
            worst(m, t) = largest;
        }
    }
    return worst;
}

/// What all claims of one (q, m) share: A_t (omega_m(t) + e_m(q) + margin) for t <= m.
template <class N>
struct CubicRow {
    std::vector<N> term;

    CubicRow(const CubicTables<N>& t, std::size_t q, std::size_t m) : term(m + 1) {
        const N direct = t.direct(q, m) + t.margin;
        for (std::size_t k = 0; k <= m; ++k) {
            term[k] = t.relative_attention(q, k) * (t.worst_ov(m, k) + direct);
        }
    }
};

/// n = 0: all non-query tokens are m, so the attention masses are exact and every output x is tested.
template <class N>
Verdict constant_verdict(const CubicTables<N>& t, const CubicClaim& c) {
    const std::size_t V = t.EU.rows(), K = t.positions.heavy.columns();
    const N mass = t.positions.heavy(c.q, K - 1) * t.relative_attention(c.q, c.m);
    Verdict verdict = Verdict::proved;
    for (std::size_t x = 0; x < V; ++x) {
        if (x == c.m) continue;
        const N rest = (t.EU(c.q, x) - t.EU(c.q, c.m)) + t.ov.position(c.m, x) + t.margin;
        const N on_m = t.ov.gain(c.m, x) + rest;
        const N value = c.q == c.m ? on_m : mass * on_m + ((t.EVOU(c.q, x) - t.EVOU(c.q, c.m)) + rest);
        const Verdict here = sign_verdict(value);
        if (here == Verdict::refuted) return here;
        if (here == Verdict::open) verdict = here;
    }
    return verdict;
}

/// n > 0: linear in the mass c of the positions that hold m, so its smallest and largest value settle it.
template <class N>
Verdict pure_verdict(const CubicTables<N>& t, const CubicRow<N>& row, const CubicClaim& c) {
    const std::size_t on_m = t.positions.light.columns() - 1 - c.n;
    Verdict verdict = Verdict::proved;
    for (const bool lightest : {true, false}) {
        const Matrix<N>& ms = lightest ? t.positions.light : t.positions.heavy;
        const Matrix<N>& ks = lightest ? t.positions.heavy : t.positions.light;
        // The query adds its own term; for q = m it counts as one more m, of weight A_m = 1.
        const N value = ms(c.q, on_m) * row.term[c.m] + ks(c.q, c.n) * row.term[c.k] + row.term[c.q];
        const Verdict here = sign_verdict(value);
        if (here == Verdict::refuted) return here;
        if (here == Verdict::open) verdict = here;
    }
    return verdict;
}

/// All claims about (q, m): n = 0 once, and n >= 1 for every k < m. For q < m at least one m is left among
/// the K-1 other positions.
inline std::vector<CubicClaim> claims_about(const Shape& s, std::uint32_t q, std::uint32_t m) {
    std::vector<CubicClaim> claims;
    const std::uint32_t most = q == m ? s.n_ctx - 1 : s.n_ctx - 2;
    if (q < m && s.n_ctx < 2) return claims;
    claims.push_back({q, m, 0, 0});
    for (std::uint32_t n = 1; n <= most; ++n) {
        for (std::uint32_t k = 0; k < m; ++k) claims.push_back({q, m, n, k});
    }
    return claims;
}

/// For every (q, m, n) the number |S| of tokens k whose claim is proved (for n = 0: 1 if it is).
class CubicProved {
  public:
    explicit CubicProved(const Shape& s)
        : shape_(s), tokens_(static_cast<std::size_t>(s.d_vocab) * s.d_vocab * s.n_ctx) {}
    void add(const CubicClaim& c) {
        ++tokens_[(static_cast<std::size_t>(c.q) * shape_.d_vocab + c.m) * shape_.n_ctx + c.n];
    }
    /// A cell proves C(K-1, n) |S|^n sequences: mixed ones lie below the worst pure one.
    Count sequences() const;

  private:
    Shape shape_;
    std::vector<std::uint32_t> tokens_;
};

/// Decides claims that are sorted by (q, m): adds the proved ones and appends the open ones.
template <class N>
void decide_claims(const CubicTables<N>& t, const std::vector<CubicClaim>& claims, CubicProved& proved,
                   std::vector<CubicClaim>& open) {
    for (std::size_t i = 0; i < claims.size();) {
        const std::uint32_t q = claims[i].q, m = claims[i].m;
        checkpoint(m + 1);
        const CubicRow<N> row(t, q, m);
        for (; i < claims.size() && claims[i].q == q && claims[i].m == m; ++i) {
            const CubicClaim& c = claims[i];
            if (i % 32 == 0) checkpoint(32 * 8);
            const Verdict verdict = c.n == 0 ? constant_verdict(t, c) : pure_verdict(t, row, c);
            if (verdict == Verdict::proved) proved.add(c);
            if (verdict == Verdict::open) open.push_back(c);
        }
    }
}

template <class N>
CubicTables<N> cubic_tables(TableCache<N>& bench, const Margin& margin) {
    const Matrix<N>& EVOU = evou_of(bench);
    const OvTables<N>& ov = ov_of(bench);
    const WeightMatrices<N>& w = weights_of(bench);
    const Matrix<N>& worst =
        bench.template table<Matrix<N>>("cubic/worst ov", [&] { return worst_ov(EVOU, ov); });
    const Matrix<N>& attention = bench.template table<Matrix<N>>("cubic/attention", [&] {
        const N scale = attention_scale<N>(bench.shape().d_head);
        Matrix<N> scores = (query_embedding(w) * w.W_Q) * transposed(w.W_E * w.W_K);
        for (std::size_t q = 0; q < scores.rows(); ++q) {
            checkpoint(16 * scores.columns());
            const N own = scores(q, q);
            for (std::size_t t = 0; t < scores.columns(); ++t) {
                scores(q, t) = t == q ? integer<N>(1) : exp((scores(q, t) - own) * scale);
            }
        }
        return scores;
    });
    return {direct_of(bench),   EVOU, ov, centred_direct_of(bench), worst, attention, position_sums_of(bench),
            margin.enclose<N>()};
}

void add_cubic_checker(CheckerList& list);

}  // namespace maxcert
