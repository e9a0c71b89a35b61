// Maxima of a row over any run of its entries, with none or O(log) operations each after O(V) for the row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "certify/arithmetic/matrix.hpp"

namespace maxcert {

/// One binary tree of maxima per row, the root at 1 and the children of i at 2i and 2i+1, and the maxima of
/// the runs that begin where the row does.
template <class N>
class RangeMaxima {
  public:
    RangeMaxima() = default;
    explicit RangeMaxima(const Matrix<N>& f)
        : width_(f.columns()), tree_(f.rows(), 2 * f.columns()), up_to_(f) {
        for (std::size_t row = 0; row < f.rows(); ++row) {
            checkpoint(3 * width_);
            for (std::size_t j = 1; j < width_; ++j) up_to_(row, j) = max(up_to_(row, j - 1), f(row, j));
            N* node = tree_.row(row);
            for (std::size_t j = 0; j < width_; ++j) node[width_ + j] = f(row, j);
            for (std::size_t i = width_; i-- > 1;) node[i] = max(node[2 * i], node[2 * i + 1]);
        }
    }

    const N& entry(std::size_t row, std::size_t j) const { return tree_(row, width_ + j); }

    /// Max over first..last, which must be a run of columns that is not empty; adds the comparisons that it
    /// takes to `operations`.
    N over(std::size_t row, std::size_t first, std::size_t last, std::uint64_t& operations) const {
        if (first == 0) return up_to_(row, last);
        const N* node = tree_.row(row);
        N best = node[width_ + first];
        const auto take = [&](std::size_t i) { ++operations, best = max(best, node[i]); };
        // The ends move up until they meet; a node is taken where its parent would reach too far.
        std::size_t low = first + 1 + width_, high = last + 1 + width_;
        for (; low < high; low /= 2, high /= 2) {
            if (low % 2 == 1) take(low++);
            if (high % 2 == 1) take(--high);
        }
        return best;
    }

  private:
    std::size_t width_ = 0;
    Matrix<N> tree_, up_to_;
};

}  // namespace maxcert
