// What a certificate of the subcubic family carries besides its claim. Any values are sound; the check
// recomputes everything else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "certify/strategies/subcubic/options.hpp"
#include "data/base/json.hpp"

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

/// Average attention is carried in units of 2^-24.
constexpr std::uint32_t kAttentionUnits = 1u << 24;

struct SubcubicHints {
    ScoreHints score;
    std::vector<double> query_direction;        ///< w, [d_model], for the mean and svd direct options
    std::vector<std::uint32_t> mean_attention;  ///< a-bar, [d_vocab, n_ctx - 1] for n = 1.., mean_query+diff
    std::vector<std::uint32_t> gaps;            ///< one per cell in the order of CellOrder; 0: not claimed
};

Json hints_to_json(const SubcubicHints& hints, const SubcubicOptions& options);

/// Throws CertificateRejected unless `json` holds exactly the fields that the options use, each of the right
/// length, finite and in range. That gaps are admissible cells is the check's own business.
SubcubicHints hints_from_json(const Json& json, const SubcubicOptions& options, const Shape& shape);

/// The score hints that the error option uses, on their own; the same rules.
Json score_hints_to_json(const ScoreHints& hints, QkError error);
ScoreHints score_hints_from_json(const Json& json, QkError error, const Shape& shape);

/// The bytes of the score hints: equal exactly when the hints are (key of shared tables).
std::string key_of(const ScoreHints& hints);
std::string key_of(const std::vector<double>& values);

}  // namespace maxcert
