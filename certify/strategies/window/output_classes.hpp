// The wrong outputs for one maximum, in classes (SOUNDNESS T5c).
#pragma once

#include <cstddef>
#include <vector>

#include "certify/strategies/window/row_maxima.hpp"

namespace maxcert {

/// A class: the outputs first..last.
struct OutputClass {
    std::size_t first, last;
};

/// Where the classes of one maximum begin, ascending from 0: each reaches up to the next.
using ClassStarts = std::vector<std::size_t>;

/// Every x != m is in exactly one class; no class is empty. m parts the class that it falls into.
inline std::vector<OutputClass> output_classes(std::size_t m, std::size_t d_vocab,
                                               const ClassStarts& starts) {
    std::vector<OutputClass> classes;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const std::size_t first = starts[i], last = i + 1 < starts.size() ? starts[i + 1] - 1 : d_vocab - 1;
        if (m < first || m > last) {
            classes.push_back({first, last});
            continue;
        }
        if (first < m) classes.push_back({first, m - 1});
        if (m < last) classes.push_back({m + 1, last});
    }
    return classes;
}

/// Upper bounds, over the outputs x of each class, of the parts of logit[x] - logit[m].
template <class N>
struct ClassBounds {
    std::vector<OutputClass> classes;
    Matrix<N> direct;  ///< [m+1, classes]: Δ_m EU[q] plus the margin
    Matrix<N> query;   ///< [m+1, classes]: the whole bracket of the query's own position
    Matrix<N> token;   ///< [m+1, classes]: Δ_m EVOU[t] + max over i < n_ctx-1 of Δ_m PVOU[i]
    Matrix<N> upto;    ///< [m+1, classes]: max of `token` over tokens <= t
};

/// Max over x in the class and i < n_ctx-1 of Δ_m EVOU[t][x] + Δ_m PVOU[i][x], for all t <= m. No work per
/// x in a class of several: max over x and i = max over i of (max over x of EVOU[t][x] + PVOU[i][x]) - ...
template <class N>
void bound_tokens(const OutputTables<N>& tables, std::size_t m, std::size_t c, ClassBounds<N>& b) {
    const OutputClass& cls = b.classes[c];
    const std::size_t positions = tables.token_at.size(), x = cls.first;
    const bool single = cls.first == cls.last;
    N shift;  // over the positions; with no other position it weighs nothing
    for (std::size_t i = 0; single && i < positions; ++i) {
        const N at = tables.PVOU(i, x) - tables.PVOU(i, m);
        shift = i == 0 ? at : max(shift, at);
    }
    for (std::size_t t = 0; t <= m; ++t) {
        checkpoint(positions + 4);
        N best = single ? tables.EVOU(t, x) + shift : tables.EVOU(t, m);
        for (std::size_t i = 0; !single && i < positions; ++i) {
            const N at = tables.token_at[i].over(t, cls.first, cls.last) - tables.PVOU(i, m);
            best = i == 0 ? at : max(best, at);
        }
        b.token(t, c) = best - tables.EVOU(t, m);
        b.upto(t, c) = t == 0 ? b.token(t, c) : max(b.upto(t - 1, c), b.token(t, c));
    }
}

template <class N>
ClassBounds<N> bound_classes(const OutputTables<N>& tables, std::size_t m, const ClassStarts& starts,
                             const N& margin) {
    ClassBounds<N> b;
    b.classes = output_classes(m, tables.EU.columns(), starts);
    const std::size_t C = b.classes.size();
    b.direct = b.query = b.token = b.upto = Matrix<N>(m + 1, C);
    for (std::size_t c = 0; c < C; ++c) {
        const OutputClass& cls = b.classes[c];
        const bool single = cls.first == cls.last;
        for (std::size_t q = 0; q <= m; ++q) {
            const N direct = single ? tables.EU(q, cls.first) : tables.EU_maxima.over(q, cls.first, cls.last);
            b.direct(q, c) = direct - tables.EU(q, m) + margin;
            const N whole =
                single ? tables.query(q, cls.first) : tables.query_maxima.over(q, cls.first, cls.last);
            b.query(q, c) = whole - tables.query(q, m) + margin;
        }
        bound_tokens(tables, m, c, b);
    }
    return b;
}

}  // namespace maxcert
