// Small linear algebra on any number type that the subcubic checks share.
#pragma once

#include <algorithm>
#include <vector>

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/number.hpp"

namespace maxcert {

template <class N>
std::vector<N> exactly_all(const std::vector<double>& values) {
    std::vector<N> numbers;
    numbers.reserve(values.size());
    for (const double value : values) numbers.push_back(exactly<N>(value));
    return numbers;
}

inline bool is_zero(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
}

/// Of vectors that are not empty.
template <class N>
N dot(const std::vector<N>& a, const std::vector<N>& b) {
    N sum = a[0] * b[0];
    for (std::size_t i = 1; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// a^T M, for a of as many entries as M has rows.
template <class N>
std::vector<N> times(const std::vector<N>& a, const Matrix<N>& m) {
    Matrix<N> row(1, a.size());
    std::copy(a.begin(), a.end(), row.row(0));
    const Matrix<N> product = row * m;
    return std::vector<N>(product.row(0), product.row(0) + product.columns());
}

/// M b.
template <class N>
std::vector<N> times(const Matrix<N>& m, const std::vector<N>& b) {
    return times(b, transposed(m));
}

template <class N>
void scale(std::vector<N>& values, const N& factor) {
    for (N& value : values) value *= factor;
}

/// M += left right^T. An empty vector is zero.
template <class N>
void add_outer(Matrix<N>& m, const std::vector<N>& left, const std::vector<N>& right) {
    if (left.empty() || right.empty()) return;
    for (std::size_t i = 0; i < m.rows(); ++i) {
        checkpoint(m.columns());
        for (std::size_t j = 0; j < m.columns(); ++j) m(i, j) += left[i] * right[j];
    }
}

/// max - min over one row, or over a vector.
template <class N>
N range(const N* values, std::size_t n) {
    N largest = values[0], smallest = values[0];
    for (std::size_t i = 1; i < n; ++i) {
        largest = max(largest, values[i]);
        smallest = min(smallest, values[i]);
    }
    return largest - smallest;
}

template <class N>
std::vector<N> row_ranges(const Matrix<N>& m) {
    std::vector<N> ranges(m.rows());
    for (std::size_t i = 0; i < m.rows(); ++i) {
        checkpoint(m.columns());
        ranges[i] = range(m.row(i), m.columns());
    }
    return ranges;
}

}  // namespace maxcert
