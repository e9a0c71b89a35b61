// The attention weights of one query, as every proof over single tokens and positions wants them.
#pragma once

#include <vector>

#include "certify/model/paths.hpp"

namespace maxcert {

/// Enclosures of a_q(t, i) up to one positive factor, which changes no sign (T0): [position, token].
/// exp(EQKE + EQKP) = exp(EQKE - top) exp(EQKP - top') takes V + K exponentials instead of V K.
template <class N>
Matrix<N> attention_weights(const RoundUpward&, const Paths<N>& paths, std::size_t q) {
    const auto exponentials = [](const N* scores, std::size_t n) {
        N top = scores[0];
        for (std::size_t j = 1; j < n; ++j) top = max(top, scores[j]);
        top = upper_end(top);
        std::vector<N> weights;
        for (std::size_t j = 0; j < n; ++j) weights.push_back(exp(scores[j] - top));
        return weights;
    };
    const std::vector<N> of_token = exponentials(paths.EQKE.row(q), paths.EQKE.columns());
    const std::vector<N> of_position = exponentials(paths.EQKP.row(q), paths.EQKP.columns());
    Matrix<N> weights(of_position.size(), of_token.size());
    for (std::size_t i = 0; i < weights.rows(); ++i) {
        for (std::size_t t = 0; t < weights.columns(); ++t) weights(i, t) = of_token[t] * of_position[i];
    }
    return weights;
}

}  // namespace maxcert
