// The QK matrix as an explained part and a bound on the rest (SOUNDNESS T4).
#pragma once

#include <vector>

#include "certify/arithmetic/vector.hpp"
#include "certify/model/model.hpp"
#include "certify/strategies/qk/hints.hpp"
#include "certify/strategies/qk/residual_bounds.hpp"

namespace maxcert {

/// M = explained + rest, unscaled; `error[q]` is at least the range of row q of the rest.
template <class N>
struct Scores {
    Matrix<N> explained;   ///< [d_vocab, d_vocab]
    std::vector<N> error;  ///< [d_vocab]
};

/// X = hint (row^T) + what is left in X, with row = hint^T X / (hint^T hint). Both empty for a zero hint.
template <class N>
struct Peeled {
    std::vector<N> hint, row;
};

template <class N>
Peeled<N> peel(Matrix<N>& X, const std::vector<double>& hint) {
    if (is_zero(hint)) return {};
    Peeled<N> p;
    p.hint = exactly_all<N>(hint);
    p.row = times(p.hint, X);
    scale(p.row, integer<N>(1) / dot(p.hint, p.hint));
    std::vector<N> negated = p.row;
    for (N& entry : negated) entry = -entry;
    add_outer(X, p.hint, negated);
    return p;
}

/// The product X_q W_Q W_K^T X_k^T that is not explained, beside the low-rank part that is.
template <class N>
struct QkSplit {
    Matrix<N> X_q, W_Q, W_K, X_k, explained;

    /// Moves the share of `hint` in one factor to the explained part. Exact for any hint, whatever was
    /// moved before: no cross term is lost.
    void explain_query(const std::vector<double>& hint) {
        const Peeled<N> p = peel(X_q, hint);
        if (!p.hint.empty()) add_outer(explained, p.hint, times(X_k, times(W_K, times(p.row, W_Q))));
    }
    void explain_W_Q(const std::vector<double>& hint) {
        const Peeled<N> p = peel(W_Q, hint);
        if (!p.hint.empty()) add_outer(explained, times(X_q, p.hint), times(X_k, times(W_K, p.row)));
    }
    void explain_W_K(const std::vector<double>& hint) {
        const Peeled<N> p = peel(W_K, hint);
        if (!p.hint.empty()) add_outer(explained, times(X_q, times(W_Q, p.row)), times(X_k, p.hint));
    }
    void explain_key(const std::vector<double>& hint) {
        const Peeled<N> p = peel(X_k, hint);
        if (!p.hint.empty()) add_outer(explained, times(X_q, times(W_Q, times(p.row, W_K))), p.hint);
    }
};

/// M on the key side W_E + mean_position, nothing explained yet. The mean position changes no score
/// difference between tokens, and an empty one is zero.
template <class N>
QkSplit<N> unexplained_scores(const WeightMatrices<N>& w, const ScoreHints& hints) {
    QkSplit<N> s;
    s.X_q = query_embedding(w);
    s.W_Q = w.W_Q;
    s.W_K = w.W_K;
    s.X_k = w.W_E;
    if (!hints.mean_position.empty()) {
        const std::vector<N> position = exactly_all<N>(hints.mean_position);
        for (std::size_t t = 0; t < s.X_k.rows(); ++t) {
            for (std::size_t d = 0; d < s.X_k.columns(); ++d) s.X_k(t, d) += position[d];
        }
    }
    return s;
}

/// Bounds on the range of each row of the rest.
template <class N>
std::vector<N> residual_ranges(const QkSplit<N>& s, QkError error, const ScoreHints& hints) {
    switch (error) {
        case QkError::exact_EQKE:
            break;
        case QkError::max_diff_exact:
            return row_ranges((s.X_q * s.W_Q) * transposed(s.X_k * s.W_K));
        case QkError::svd: {
            // |R (e_m - e_k)| <= sigma_1 sqrt(2) for any two columns m, k.
            const N norm = product_norm_bound(s.X_q * s.W_Q, s.X_k * s.W_K, hints.residual_norm);
            return std::vector<N>(s.X_q.rows(), sqrt(integer<N>(2)) * norm);
        }
        case QkError::max_diff:
        case QkError::mean_max_diff:
            return split_bound((s.X_q * s.W_Q) * transposed(s.W_K), transposed(s.X_k),
                               error == QkError::mean_max_diff);
        default: {
            const FourFactors<N> factors = {s.X_q, s.W_Q, transposed(s.W_K), transposed(s.X_k)};
            if (error == QkError::subproduct) return best_split_bound(factors, false);
            if (error == QkError::mean_subproduct) return best_split_bound(factors, true);
            return recursive_bound(factors, error == QkError::mean_recursive_first,
                                   error == QkError::mean_recursive_all);
        }
    }
    return std::vector<N>(s.X_q.rows(), integer<N>(0));
}

template <class N>
Scores<N> bound_scores(const WeightMatrices<N>& w, QkError error, const ScoreHints& hints) {
    QkSplit<N> s = unexplained_scores(w, hints);
    if (error == QkError::exact_EQKE) {
        return {(s.X_q * s.W_Q) * transposed(s.X_k * s.W_K), residual_ranges(s, error, hints)};
    }
    s.explained = Matrix<N>(s.X_q.rows(), s.X_k.rows());
    s.explain_query(hints.u);
    s.explain_key(hints.v);
    if (peels_factors(error)) {
        s.explain_query(hints.peel_query);
        s.explain_W_Q(hints.peel_W_Q);
        s.explain_W_K(hints.peel_W_K);
        s.explain_key(hints.peel_key);
    }
    std::vector<N> error_of_row = residual_ranges(s, error, hints);
    return {std::move(s.explained), std::move(error_of_row)};
}

}  // namespace maxcert
