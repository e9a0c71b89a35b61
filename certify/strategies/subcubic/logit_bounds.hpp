// Upper bounds of logit differences as functions of the attention on the maximum (SOUNDNESS T3, steps 2 and
// 3).
#pragma once

#include <vector>

#include "certify/arithmetic/vector.hpp"
#include "certify/model/ov_tables.hpp"

namespace maxcert {

/// W centred on the maximum: max over t' <= t of max_{x != m} EVOU[t'][x] - EVOU[t'][m], at (t, m).
template <class N>
Matrix<N> centred_far_range(const Matrix<N>& EVOU) {
    Matrix<N> far = centred_maxima(EVOU);
    for (std::size_t t = 1; t < far.rows(); ++t) {
        for (std::size_t m = 0; m < far.columns(); ++m) far(t, m) = max(far(t - 1, m), far(t, m));
    }
    return far;
}

/// r_q for the direct options that use factors: sum_d |X_qd - w_d| range(W_U[d]); an empty w is zero.
template <class N>
std::vector<N> factored_spread(const Matrix<N>& X, const Matrix<N>& W_U, const std::vector<N>& w) {
    const std::vector<N> ranges = row_ranges(W_U);
    std::vector<N> spread(X.rows());
    for (std::size_t q = 0; q < X.rows(); ++q) {
        checkpoint(X.columns());
        N sum = integer<N>(0);
        for (std::size_t d = 0; d < X.columns(); ++d) {
            sum += abs(w.empty() ? X(q, d) : X(q, d) - w[d]) * ranges[d];
        }
        spread[q] = sum;
    }
    return spread;
}

/// Δ_m μ[x] + PV_x(m) at (m, x), for the mean direct logits μ; an empty μ is zero.
template <class N>
Matrix<N> fixed_logits(const OvTables<N>& ov, const std::vector<N>& mu) {
    Matrix<N> fixed = ov.position;
    if (mu.empty()) return fixed;
    for (std::size_t m = 0; m < fixed.rows(); ++m) {
        for (std::size_t x = 0; x < fixed.columns(); ++x) fixed(m, x) += mu[x] - mu[m];
    }
    return fixed;
}

/// h_m(a) = max_{x != m} fixed(m, x) + a R_x.
template <class N>
N largest_logit(const OvTables<N>& ov, const Matrix<N>& fixed, std::size_t m, const N& a) {
    checkpoint(fixed.columns());
    const std::size_t first = m == 0 ? 1 : 0;
    N largest = fixed(m, first) + a * ov.gain(m, first);
    for (std::size_t x = first + 1; x < fixed.columns(); ++x) {
        if (x != m) largest = max(largest, fixed(m, x) + a * ov.gain(m, x));
    }
    return largest;
}

/// A linear function of the attention a, by its values at a = 1 and a = 0.
template <class N>
struct Line {
    N at_one, at_zero;
};

/// For each (m, n) an upper bound of h_m as the maximum of a few lines.
template <class N>
struct LogitBounds {
    std::size_t per_cell = 0;  ///< lines per (m, n)
    bool depends_on_n = false;
    std::size_t n_ctx = 0;
    std::vector<Line<N>> lines;

    const Line<N>* at(std::size_t m, std::size_t n) const {
        return lines.data() + per_cell * (depends_on_n ? m * (n_ctx - 1) + n - 1 : m);
    }
};

/// drop_average…: h_m(a) <= h_m(0) + a max R.
template <class N>
LogitBounds<N> drop_average_bounds(const OvTables<N>& ov, const Matrix<N>& fixed) {
    LogitBounds<N> b{1, false, 0, {}};
    for (std::size_t m = 0; m < fixed.rows(); ++m) {
        const N at_zero = largest_logit(ov, fixed, m, integer<N>(0));
        b.lines.push_back({at_zero + ov.max_gain[m], at_zero});
    }
    return b;
}

/// The line through (a, value) with this slope.
template <class N>
Line<N> line_through(const N& a, const N& value, const N& slope) {
    return {value + (integer<N>(1) - a) * slope, value - a * slope};
}

/// mean_query+diff around ā: above it the slope is at most max R, below it at least min R. The larger of
/// the two lines is the right one on either side. `average(m, n)` is ā, any number in [0, 1].
template <class N>
LogitBounds<N> mean_query_bounds(const OvTables<N>& ov, const Matrix<N>& fixed, std::size_t n_ctx,
                                 const std::vector<N>& average) {
    LogitBounds<N> b{2, true, n_ctx, {}};
    for (std::size_t m = 0; m < fixed.rows(); ++m) {
        for (std::size_t n = 1; n < n_ctx; ++n) {
            const N& a = average[m * (n_ctx - 1) + n - 1];
            const N value = largest_logit(ov, fixed, m, a);
            b.lines.push_back(line_through(a, value, ov.max_gain[m]));
            b.lines.push_back(line_through(a, value, ov.min_gain[m]));
        }
    }
    return b;
}

/// convex: the chords of h_m between 0, 1 - 2^-1, …, 1 - 2^-8, 1. As h_m is convex, the largest chord is
/// the one over a's own stretch, and it lies above h_m there.
template <class N>
LogitBounds<N> convex_bounds(const OvTables<N>& ov, const Matrix<N>& fixed) {
    constexpr int kLast = 8;
    LogitBounds<N> b{kLast + 1, false, 0, {}};
    for (std::size_t m = 0; m < fixed.rows(); ++m) {
        double width = 0.5, from = 0;  // exact: dyadic
        N value = largest_logit(ov, fixed, m, integer<N>(0));
        for (int i = 0; i <= kLast; ++i) {
            const double to = from + width;
            const N next = largest_logit(ov, fixed, m, exactly<N>(to));
            const N slope = (next - value) * exactly<N>(1 / width);  // a power of two
            b.lines.push_back(line_through(exactly<N>(from), value, slope));
            value = next;
            from = to;
            if (i + 1 < kLast) width /= 2;
        }
    }
    return b;
}

}  // namespace maxcert
