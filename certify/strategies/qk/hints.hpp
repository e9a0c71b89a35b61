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

/// The fields that the error option uses, added to `json`.
void write_score_hints(Json& json, const ScoreHints& hints, QkError error);

/// Reads these fields, each of the right length and finite. Throws CertificateRejected.
ScoreHints read_score_hints(HintFields& fields, QkError error, const Shape& shape);

/// The same as objects of their own; the one that is read must hold nothing else.
Json score_hints_to_json(const ScoreHints& hints, QkError error);
ScoreHints score_hints_from_json(const Json& json, QkError error, const Shape& shape);

/// The bytes of hints: equal exactly when the hints are (keys of shared tables).
std::string key_of(const ScoreHints& hints);
std::string key_of(const std::vector<double>& values);

}  // namespace maxcert
