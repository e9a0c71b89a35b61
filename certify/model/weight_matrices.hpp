// The weights as numbers of the proof, and what is made of them everywhere (SOUNDNESS, notation).
#pragma once

#include "certify/arithmetic/matrix.hpp"
#include "certify/arithmetic/number.hpp"

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

}  // namespace maxcert
