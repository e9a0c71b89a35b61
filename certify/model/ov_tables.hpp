// What the OV circuit adds to logit differences, in the forms that the cubic and subcubic checks
// share (SOUNDNESS T2, T3).
#pragma once

#include <vector>

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/vector.hpp"
#include "certify/model/path_tables.hpp"

namespace maxcert {

/// What the OV circuit and the positions add to logit[x] - logit[m], x != m.
template <class N>
struct OvTables {
    Matrix<N> gain;                     ///< R_x: EVOU[m][x] - EVOU[m][m] at (m, x)
    Matrix<N> position;                 ///< PV_x(m) = max_i PVOU[i][x] - PVOU[i][m] at (m, x)
    std::vector<N> max_gain, min_gain;  ///< of R_x over x != m
    std::vector<N> far_range;           ///< W: max over t <= index of range(EVOU[t])
};

/// d_vocab >= 2.
template <class N>
OvTables<N> ov_tables(const Matrix<N>& EVOU, const Matrix<N>& PVOU) {
    const std::size_t V = EVOU.rows();
    OvTables<N> t{Matrix<N>(V, V), Matrix<N>(V, V), {}, {}, row_ranges(EVOU)};
    for (std::size_t m = 0; m < V; ++m) {
        const std::size_t other = m == 0 ? 1 : 0;
        for (std::size_t x = 0; x < V; ++x) {
            if (x == m) continue;
            checkpoint(PVOU.rows());
            t.gain(m, x) = EVOU(m, x) - EVOU(m, m);
            N& position = t.position(m, x) = PVOU(0, x) - PVOU(0, m);
            for (std::size_t i = 1; i < PVOU.rows(); ++i) {
                position = max(position, PVOU(i, x) - PVOU(i, m));
            }
        }
        N largest = t.gain(m, other), smallest = largest;
        for (std::size_t x = other + 1; x < V; ++x) {
            if (x == m) continue;
            largest = max(largest, t.gain(m, x));
            smallest = min(smallest, t.gain(m, x));
        }
        t.max_gain.push_back(largest);
        t.min_gain.push_back(smallest);
        if (m > 0) t.far_range[m] = max(t.far_range[m - 1], t.far_range[m]);
    }
    return t;
}

/// max_{x != m} row[x], for every m; at least two entries.
template <class N>
std::vector<N> largest_other(const N* row, std::size_t n) {
    std::vector<N> before(n), result(n);
    for (std::size_t m = 1; m < n; ++m) before[m] = m == 1 ? row[0] : max(before[m - 1], row[m - 1]);
    N after = row[n - 1];
    result[n - 1] = before[n - 1];
    for (std::size_t m = n - 1; m-- > 0;) {
        result[m] = m == 0 ? after : max(before[m], after);
        if (m > 0) after = max(after, row[m]);
    }
    return result;
}

/// max_{x != m} values(t, x) - values(t, m) at (t, m).
template <class N>
Matrix<N> centred_maxima(const Matrix<N>& values) {
    Matrix<N> result(values.rows(), values.columns());
    for (std::size_t t = 0; t < values.rows(); ++t) {
        checkpoint(values.columns());
        const std::vector<N> largest = largest_other(values.row(t), values.columns());
        for (std::size_t m = 0; m < values.columns(); ++m) result(t, m) = largest[m] - values(t, m);
    }
    return result;
}

template <class N>
const OvTables<N>& ov_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    const Matrix<N>& EVOU = evou_of(bench);
    return bench.template table<OvTables<N>>(
        "ov", [&] { return ov_tables(EVOU, ((w.W_pos * w.W_V) * w.W_O) * w.W_U); });
}

/// max_{x != m} EU[q][x] - EU[q][m] at (q, m); d_vocab >= 2.
template <class N>
const Matrix<N>& centred_direct_of(TableCache<N>& bench) {
    const Matrix<N>& EU = direct_of(bench);
    return bench.template table<Matrix<N>>("EU/centred", [&] { return centred_maxima(EU); });
}

}  // namespace maxcert
