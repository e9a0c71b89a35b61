// Rigorous upper bounds of eigenvalues of positive semidefinite matrices, from an approximate Cholesky
// factor: for ANY real L, t I - T = L L^T + E gives T <= (t + |E|) I, since L L^T >= 0 and |E| is at most
// the Frobenius norm of E. The factor is guessed in plain doubles; only the remainder E is computed in N.
#pragma once

#include <vector>

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/vector.hpp"

namespace maxcert {

/// Lower triangular L with L L^T about equal to the symmetric matrix S (row-major, n x n, plain doubles);
/// columns whose pivot is not positive are zero.
std::vector<double> approximate_cholesky(const std::vector<double>& symmetric, std::size_t n);

template <class N>
std::vector<double> rough_values(const Matrix<N>& m) {
    std::vector<double> values;
    values.reserve(m.rows() * m.columns());
    for (std::size_t i = 0; i < m.rows(); ++i) {
        for (std::size_t j = 0; j < m.columns(); ++j) values.push_back(upper_double(m(i, j)));
    }
    return values;
}

/// Frobenius norm of `symmetric` - L L^T for the lower triangular L.
template <class N>
N remainder_norm(const Matrix<N>& symmetric, const std::vector<double>& factor) {
    const std::size_t n = symmetric.rows();
    N sum = integer<N>(0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            N entry = symmetric(i, j);
            for (std::size_t k = 0; k <= j; ++k) {
                entry -= exactly<N>(factor[i * n + k]) * exactly<N>(factor[j * n + k]);
            }
            // Squared by its magnitude, so that an interval around 0 keeps a square >= 0.
            const N magnitude = abs(entry);
            const N square = magnitude * magnitude;
            sum += i == j ? square : square + square;
        }
    }
    return sqrt(sum);
}

template <class N>
N frobenius_norm(const Matrix<N>& symmetric) {
    return remainder_norm(symmetric, std::vector<double>(symmetric.rows() * symmetric.rows(), 0.0));
}

/// An upper bound of the largest eigenvalue of G_a G_b for positive semidefinite matrices, close to it if
/// `guess` is a little above it. With G_b = L L^T + E_b it is at most that of L^T G_a L plus |E_b| |G_a|.
template <class N>
N eigenvalue_bound_of_product(const Matrix<N>& gram_a, const Matrix<N>& gram_b, double guess) {
    const std::size_t n = gram_a.rows();
    const std::vector<double> l = approximate_cholesky(rough_values(gram_b), n);
    Matrix<N> factor(n, n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) factor(i, j) = exactly<N>(l[i * n + j]);
    }
    const Matrix<N> T = transposed(factor) * (gram_a * factor);
    Matrix<N> gap = T;  // guess I - T
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) gap(i, j) = i == j ? exactly<N>(guess) - T(i, j) : -T(i, j);
    }
    const N above_guess = remainder_norm(gap, approximate_cholesky(rough_values(gap), n));
    const N bound = exactly<N>(guess) + above_guess;
    return bound + remainder_norm(gram_b, l) * frobenius_norm(gram_a);
}

}  // namespace maxcert
