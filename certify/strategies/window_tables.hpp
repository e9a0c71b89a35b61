// Tables of the window strategies that do not depend on the window: O(V²) apart from the paths (THEORY T5c).
#pragma once

#include <cstddef>
#include <vector>

#include "certify/arithmetic/number.hpp"
#include "certify/matrix.hpp"
#include "certify/paths.hpp"

namespace maxcert {

/// Running maxima of every row from both ends, for maxima over "all x but a window".
template <class N>
struct RowMaxima {
    Matrix<N> up_to;  ///< (i, j): max over x <= j of f(i, x)
    Matrix<N> from;   ///< (i, j): max over x >= j of f(i, x)

    RowMaxima() = default;
    explicit RowMaxima(const Matrix<N>& f) : up_to(f), from(f) {
        for (std::size_t i = 0; i < f.rows(); ++i) {
            for (std::size_t j = 1; j < f.columns(); ++j) up_to(i, j) = max(up_to(i, j - 1), f(i, j));
            for (std::size_t j = f.columns() - 1; j-- > 0;) from(i, j) = max(from(i, j + 1), f(i, j));
        }
    }
};

/// What the wrong outputs are compared on: logits by path, with maxima along the outputs.
template <class N>
struct OutputTables {
    const Paths<N>* paths;  ///< EU, EVOU, PVOU are used
    Matrix<N> query;        ///< [d_vocab, d_vocab]: EU[q] + EVOU[q] + PVOU[n_ctx-1]
    RowMaxima<N> EU, query_maxima;
    std::vector<RowMaxima<N>> token_at;  ///< by position i < n_ctx-1: of EVOU[t] + PVOU[i]

    explicit OutputTables(const Paths<N>& p) : paths(&p), EU(p.EU) {
        const std::size_t last = p.PVOU.rows() - 1;
        query = plus_row(p.EVOU, p.PVOU.row(last));
        for (std::size_t q = 0; q < query.rows(); ++q) {
            for (std::size_t x = 0; x < query.columns(); ++x) query(q, x) += p.EU(q, x);
        }
        query_maxima = RowMaxima<N>(query);
        for (std::size_t i = 0; i < last; ++i) token_at.emplace_back(plus_row(p.EVOU, p.PVOU.row(i)));
    }

  private:
    static Matrix<N> plus_row(Matrix<N> f, const N* row) {
        for (std::size_t t = 0; t < f.rows(); ++t) {
            for (std::size_t x = 0; x < f.columns(); ++x) f(t, x) += row[x];
        }
        return f;
    }
};

/// Ranges of the attention weight that a token can have at any position but the query's, up to a factor that
/// depends on q alone: a_q(t,i) in [lower(q,t), upper(q,t)] for all i < n_ctx-1.
template <class N>
struct AttentionRanges {
    Matrix<N> lower, upper;              ///< [d_vocab, d_vocab]
    Matrix<N> lower_up_to, upper_up_to;  ///< (q, t): min of lower, max of upper over tokens <= t
    std::vector<N> query_upper;  ///< the query's own position weighs 1 .. query_upper[q]; empty: exactly 1
};

/// Ranges from scaled scores S[q,t] of tokens (known up to `error[q]`: the true ones are S + r with r in a
/// range of that width per q; empty: exact) and P[q,i] of positions. The factor exp(r) is placed in
/// [1, exp(error)], which is as tight as a box of residuals allows since a common factor changes no sign.
template <class N>
AttentionRanges<N> attention_ranges(const Matrix<N>& S, const Matrix<N>& P, const std::vector<N>& error) {
    const std::size_t V = S.rows(), last = P.columns() - 1;
    AttentionRanges<N> r{Matrix<N>(V, V), Matrix<N>(V, V), {}, {}, {}};
    for (const N& e : error) r.query_upper.push_back(exp(e));
    for (std::size_t q = 0; q < V; ++q) {
        N light, heavy;  // over the positions; with no other position nothing is weighed by them
        for (std::size_t i = 0; i < last; ++i) {
            const N weight = exp(P(q, i) - P(q, last));
            light = i == 0 ? weight : min(light, weight);
            heavy = i == 0 ? weight : max(heavy, weight);
        }
        if (!error.empty()) heavy *= r.query_upper[q];
        for (std::size_t t = 0; t < V; ++t) {
            const N weight = exp(S(q, t) - S(q, q));
            r.lower(q, t) = weight * light;
            r.upper(q, t) = weight * heavy;
        }
    }
    r.lower_up_to = r.lower;
    r.upper_up_to = r.upper;
    for (std::size_t q = 0; q < V; ++q) {
        for (std::size_t t = 1; t < V; ++t) {
            r.lower_up_to(q, t) = min(r.lower_up_to(q, t - 1), r.lower(q, t));
            r.upper_up_to(q, t) = max(r.upper_up_to(q, t - 1), r.upper(q, t));
        }
    }
    return r;
}

}  // namespace maxcert
