// The hints that explain the QK matrix, for every family that bounds scores. Any values are sound.
#pragma once

#include <string>
#include <vector>

#include "certify/proof/hint_fields.hpp"
#include "certify/strategies/qk/error_option.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// Directions in which the QK matrix is split into an explained and an unexplained part (SOUNDNESS T4). What
/// an error option does not use is empty; a vector of zeros is skipped.
struct ScoreHints {
    std::vector<double> mean_position;         ///< P-bar, [d_model]
    std::vector<double> u, v;                  ///< query and key side of M, [d_vocab] each
    std::vector<double> peel_query, peel_key;  ///< of X_q and X_k, [d_vocab] each
    std::vector<double> peel_W_Q, peel_W_K;    ///< [d_model] each
    double residual_norm = 0;                  ///< tau: about the largest singular value of the rest
};

/// The vectors that the error option uses, under their names and with their lengths.
template <class Hints, class Visit>
void for_each_vector(Hints& h, QkError error, const Shape& s, Visit&& visit) {
    if (error == QkError::exact_EQKE) return;
    visit("mean_position", h.mean_position, s.d_model);
    visit("u", h.u, s.d_vocab);
    visit("v", h.v, s.d_vocab);
    if (!peels_factors(error)) return;
    visit("peel_query", h.peel_query, s.d_vocab);
    visit("peel_W_Q", h.peel_W_Q, s.d_model);
    visit("peel_W_K", h.peel_W_K, s.d_model);
    visit("peel_key", h.peel_key, s.d_vocab);
}

/// Reads these fields, each of the right length and finite. Throws CertificateRejected.
ScoreHints read_score_hints(HintFields& fields, QkError error, const Shape& shape);

/// The same from an object that must hold nothing else.
ScoreHints score_hints_from_json(const Json& json, QkError error, const Shape& shape);

/// The bytes of hints: equal exactly when the hints are (keys of shared tables).
std::string key_of(const ScoreHints& hints);
std::string key_of(const std::vector<double>& values);

}  // namespace maxcert
