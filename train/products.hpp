// Products of small matrices of floats, such as a training step consists of, by BLAS.
//
// LibTorch makes the same calls, with the same bits, but takes as long again to prepare each of them.
#pragma once

#include <cstddef>

namespace maxcert {

/// A row-major matrix that is read, or its transpose.
struct Factor {
    const float* data;
    std::size_t rows, columns;  ///< of the factor: after transposing
    bool transposed = false;    ///< data is row-major [columns, rows]

    Factor transpose() const { return {data, columns, rows, !transposed}; }
};

enum class Store { replace, add };

/// to = a b, or to += a b; `to` is row-major [a.rows, b.columns] and overlaps neither factor.
/// Throws std::logic_error where a.columns != b.rows.
void multiply(const Factor& a, const Factor& b, float* to, Store store = Store::replace);

}  // namespace maxcert
