// Tables of the paths that the cubic and the subcubic strategies share.
#pragma once

#include "certify/model/ov_tables.hpp"
#include "certify/model/position_sums.hpp"
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
const OvTables<N>& ov_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    const Matrix<N>& EVOU = evou_of(bench);
    return bench.template table<OvTables<N>>(
        "ov", [&] { return ov_tables(EVOU, ((w.W_pos * w.W_V) * w.W_O) * w.W_U); });
}

template <class N>
const Matrix<N>& direct_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<Matrix<N>>("EU", [&] { return query_embedding(w) * w.W_U; });
}

template <class N>
const PositionSums<N>& position_sums_of(TableCache<N>& bench) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<PositionSums<N>>("position sums", [&] {
        const N scale = attention_scale<N>(bench.shape().d_head);
        return position_sums(scaled((query_embedding(w) * w.W_Q) * transposed(w.W_pos * w.W_K), scale));
    });
}

/// max_{x != m} EU[q][x] - EU[q][m] at (q, m); d_vocab >= 2.
template <class N>
const Matrix<N>& centred_direct_of(TableCache<N>& bench) {
    const Matrix<N>& EU = direct_of(bench);
    return bench.template table<Matrix<N>>("EU/centred", [&] { return centred_maxima(EU); });
}

}  // namespace maxcert
