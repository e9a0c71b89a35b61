// A row-major matrix of any number type, and the one product that the proof core needs.
#pragma once

#include <cstddef>
#include <vector>

#include "data/base/cancellation.hpp"

namespace maxcert {

template <class N>
class Matrix {
  public:
    Matrix() = default;
    Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), values_(rows * columns) {}

    /// The entries are then whatever they happen to be; storage is used again.
    void reshape(std::size_t rows, std::size_t columns) {
        rows_ = rows, columns_ = columns;
        values_.resize(rows * columns);
    }

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    N& operator()(std::size_t i, std::size_t j) { return values_[i * columns_ + j]; }
    const N& operator()(std::size_t i, std::size_t j) const { return values_[i * columns_ + j]; }
    N* row(std::size_t i) { return values_.data() + i * columns_; }
    const N* row(std::size_t i) const { return values_.data() + i * columns_; }

  private:
    std::size_t rows_ = 0, columns_ = 0;
    std::vector<N> values_;
};

/// a [n,k] times b [k,m].
template <class N>
Matrix<N> operator*(const Matrix<N>& a, const Matrix<N>& b) {
    Matrix<N> product(a.rows(), b.columns());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t k = 0; k < a.columns(); ++k) {
            const N& factor = a(i, k);
            const N* from = b.row(k);
            N* to = product.row(i);
            if (k == 0) {
                for (std::size_t j = 0; j < b.columns(); ++j) to[j] = factor * from[j];
            } else {
                for (std::size_t j = 0; j < b.columns(); ++j) to[j] += factor * from[j];
            }
            checkpoint(b.columns());
        }
    }
    return product;
}

/// Every entry times `factor`.
template <class N>
Matrix<N> scaled(Matrix<N> a, const N& factor) {
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < a.columns(); ++j) a(i, j) *= factor;
    }
    return a;
}

template <class N>
Matrix<N> transposed(const Matrix<N>& a) {
    Matrix<N> result(a.columns(), a.rows());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < a.columns(); ++j) result(j, i) = a(i, j);
    }
    return result;
}

}  // namespace maxcert
