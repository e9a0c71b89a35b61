// The paths through the network as enclosures (SOUNDNESS, notation).
#pragma once

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/number.hpp"
#include "certify/arithmetic/rounding.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// The weights as numbers of type N: points for float32 weights, wider for a box of models.
template <class N>
struct WeightMatrices {
    Matrix<N> W_E, W_pos, W_Q, W_K, W_V, W_O, W_U;
};

/// Row q of the query-side input: W_E[q] + W_pos[n_ctx-1]; [d_vocab, d_model].
template <class N>
Matrix<N> query_embedding(const WeightMatrices<N>& w) {
    Matrix<N> x = w.W_E;
    const N* last = w.W_pos.row(w.W_pos.rows() - 1);
    for (std::size_t q = 0; q < x.rows(); ++q) {
        for (std::size_t d = 0; d < x.columns(); ++d) x(q, d) += last[d];
    }
    return x;
}

/// 1/sqrt(d_head), by which attention scores are scaled.
template <class N>
N attention_scale(std::size_t d_head) {
    return integer<N>(1) / sqrt(integer<N>(static_cast<long>(d_head)));
}

template <class N>
struct Paths {
    Matrix<N> EU;    ///< [d_vocab, d_vocab]: logits of query q on the direct path
    Matrix<N> EVOU;  ///< [d_vocab, d_vocab]: logits of attending to token t
    Matrix<N> PVOU;  ///< [n_ctx, d_vocab]: logits of attending to position i
    Matrix<N> EQKE;  ///< [d_vocab, d_vocab]: scaled score of query q on token t
    Matrix<N> EQKP;  ///< [d_vocab, n_ctx]: scaled score of query q on position i
};

/// Multiplies the paths out.
template <class N>
Paths<N> multiply_paths(const RoundingFor<N>&, const WeightMatrices<N>& w) {
    Paths<N> p;
    const Matrix<N> x = query_embedding(w);
    const Matrix<N> ou = w.W_O * w.W_U;
    p.EU = x * w.W_U;
    p.EVOU = (w.W_E * w.W_V) * ou;
    p.PVOU = (w.W_pos * w.W_V) * ou;
    const Matrix<N> query = scaled(x * w.W_Q, attention_scale<N>(w.W_Q.columns()));
    p.EQKE = query * transposed(w.W_E * w.W_K);
    p.EQKP = query * transposed(w.W_pos * w.W_K);
    return p;
}

}  // namespace maxcert
