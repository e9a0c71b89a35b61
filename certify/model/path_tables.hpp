// Tables of the paths that the cubic, the subcubic and the window strategies share.
#pragma once

#include "certify/model/table_cache.hpp"

namespace maxcert {

template <class N>
const WeightMatrices<N>& weights_of(TableCache<N>& bench) {
    return bench.template table<WeightMatrices<N>>(
        "weights", [&] { return bench.model().template weight_matrices<N>(); });
}

template <class N>
const Matrix<N>& evou_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<Matrix<N>>("EVOU", [&] { return (w.W_E * w.W_V) * (w.W_O * w.W_U); });
}

template <class N>
const Matrix<N>& direct_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<Matrix<N>>("EU", [&] { return query_embedding(w) * w.W_U; });
}

}  // namespace maxcert
