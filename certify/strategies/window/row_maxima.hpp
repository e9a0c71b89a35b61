// Tables of the logits for the window strategies, of use to every window: O(V² K) (SOUNDNESS T5c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/arithmetic/matrix.hpp"
#include "certify/strategies/window/range_maxima.hpp"

namespace maxcert {

/// Maxima along every row: running ones from the end, for all outputs over some x, and those of all other
/// runs.
template <class N>
struct RowMaxima {
    Matrix<N> from;  ///< (i, j): max over x >= j of f(i, x)
    RangeMaxima<N> others;

    RowMaxima() = default;
    explicit RowMaxima(const Matrix<N>& f) : from(f), others(f) {
        for (std::size_t i = 0; i < f.rows(); ++i) {
            checkpoint(f.columns());
            for (std::size_t j = f.columns() - 1; j-- > 0;) from(i, j) = max(from(i, j + 1), f(i, j));
        }
    }

    N over(std::size_t row, std::size_t first, std::size_t last) const {
        if (last + 1 == from.columns()) return from(row, first);
        std::uint64_t counted = 0;
        return others.over(row, first, last, counted);
    }
};

/// What the wrong outputs are compared on: logits by path, with maxima along the outputs.
template <class N>
struct OutputTables {
    const Matrix<N>&EU, &EVOU, &PVOU;
    Matrix<N> query;  ///< [d_vocab, d_vocab]: EU[q] + EVOU[q] + PVOU[n_ctx-1]
    RowMaxima<N> EU_maxima, query_maxima;
    std::vector<RowMaxima<N>> token_at;  ///< by position i < n_ctx-1: of EVOU[t] + PVOU[i]

    /// The paths must outlive the tables.
    OutputTables(const Matrix<N>& direct, const Matrix<N>& tokens, const Matrix<N>& positions)
        : EU(direct), EVOU(tokens), PVOU(positions), EU_maxima(direct) {
        const std::size_t last = PVOU.rows() - 1;
        query = plus_row(EVOU, PVOU.row(last));
        for (std::size_t q = 0; q < query.rows(); ++q) {
            for (std::size_t x = 0; x < query.columns(); ++x) query(q, x) += EU(q, x);
        }
        query_maxima = RowMaxima<N>(query);
        for (std::size_t i = 0; i < last; ++i) token_at.emplace_back(plus_row(EVOU, PVOU.row(i)));
    }

  private:
    static Matrix<N> plus_row(Matrix<N> f, const N* row) {
        for (std::size_t t = 0; t < f.rows(); ++t) {
            checkpoint(f.columns());
            for (std::size_t x = 0; x < f.columns(); ++x) f(t, x) += row[x];
        }
        return f;
    }
};

}  // namespace maxcert
