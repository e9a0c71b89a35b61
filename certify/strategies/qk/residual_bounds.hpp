// Upper bounds of the range of every row of an unexplained matrix, given as a product (SOUNDNESS T4).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "certify/arithmetic/eigenvalue_bound.hpp"
#include "certify/arithmetic/vector.hpp"

namespace maxcert {

/// Mean row; any row would do.
template <class N>
std::vector<N> mean_row(const Matrix<N>& m) {
    std::vector<N> mean(m.row(0), m.row(0) + m.columns());
    for (std::size_t i = 1; i < m.rows(); ++i) {
        for (std::size_t j = 0; j < m.columns(); ++j) mean[j] += m(i, j);
    }
    scale(mean, integer<N>(1) / integer<N>(static_cast<long>(m.rows())));
    return mean;
}

/// For each row i: start + sum_k |X_ik - centre_k| * ranges_k. An empty centre is zero.
template <class N>
std::vector<N> weighted_ranges(const Matrix<N>& X, const std::vector<N>& centre, const std::vector<N>& ranges,
                               const N& start) {
    std::vector<N> bounds(X.rows());
    for (std::size_t i = 0; i < X.rows(); ++i) {
        checkpoint(X.columns());
        N bound = start;
        for (std::size_t k = 0; k < X.columns(); ++k) {
            bound += abs(centre.empty() ? X(i, k) : X(i, k) - centre[k]) * ranges[k];
        }
        bounds[i] = bound;
    }
    return bounds;
}

/// Of the rows of X Y: range(x̄ Y) + sum_k |X_ik - x̄_k| range(Y_k), x̄ the mean row if `peel_mean`, else 0.
template <class N>
std::vector<N> split_bound(const Matrix<N>& X, const Matrix<N>& Y, bool peel_mean) {
    if (!peel_mean) return weighted_ranges(X, {}, row_ranges(Y), integer<N>(0));
    const std::vector<N> mean = mean_row(X);
    const std::vector<N> of_mean = times(mean, Y);
    return weighted_ranges(X, mean, row_ranges(Y), range(of_mean.data(), of_mean.size()));
}

/// The four factors X'_q, W'_Q, W'_K^T, X'_k^T.
template <class N>
using FourFactors = std::array<Matrix<N>, 4>;

/// Per row the smallest split bound over the three split points.
template <class N>
std::vector<N> best_split_bound(const FourFactors<N>& f, bool peel_mean) {
    const Matrix<N> f34 = f[2] * f[3], f12 = f[0] * f[1];
    std::vector<N> best = split_bound(f[0], f[1] * f34, peel_mean);
    const std::vector<N> second = split_bound(f12, f34, peel_mean);
    const std::vector<N> third = split_bound(f12 * f[2], f[3], peel_mean);
    for (std::size_t i = 0; i < best.size(); ++i) best[i] = min(best[i], min(second[i], third[i]));
    return best;
}

/// |X1| (|X2| (|X3| range(X4))) without multiplying matrices, the mean row peeled at the first level, at
/// every level, or nowhere.
template <class N>
std::vector<N> recursive_bound(const FourFactors<N>& f, bool mean_first, bool mean_everywhere) {
    std::vector<N> ranges = row_ranges(f[3]);
    for (std::size_t level = 3; level-- > 0;) {
        std::vector<N> centre;
        N start = integer<N>(0);
        if (mean_everywhere || (mean_first && level == 0)) {
            centre = mean_row(f[level]);
            std::vector<N> of_mean = centre;
            for (std::size_t i = level + 1; i < 4; ++i) of_mean = times(of_mean, f[i]);
            start = range(of_mean.data(), of_mean.size());
        }
        ranges = weighted_ranges(f[level], centre, ranges, start);
    }
    return ranges;
}

/// An upper bound of the largest singular value of A B^T; tau is a guess at it. Through the Gram matrices:
/// its square is the largest eigenvalue of (A^T A)(B^T B) (symmetric_bound.hpp).
template <class N>
N product_norm_bound(const Matrix<N>& A, const Matrix<N>& B, double tau) {
    const Matrix<N> gram_a = transposed(A) * A, gram_b = transposed(B) * B;
    return sqrt(eigenvalue_bound_of_product(gram_a, gram_b, tau * tau));
}

}  // namespace maxcert
