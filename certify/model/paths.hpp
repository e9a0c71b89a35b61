// The paths through the network as enclosures (SOUNDNESS, notation).
#pragma once

#include "certify/model/model.hpp"

namespace maxcert {

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

/// Those of a model in N at the thread's working precision; computed once per number type and precision and
/// kept.
template <class N>
const Paths<N>& paths_of(Model& model) {
    return model.template shared<Paths<N>>("paths/" + N::key(), [&model] {
        const RoundingFor<N> rounding;
        return multiply_paths(rounding, model.template weight_matrices<N>());
    });
}

}  // namespace maxcert
