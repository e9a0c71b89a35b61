// What a certificate of the subcubic family carries besides its claim. Any values are sound; the check
// recomputes everything else.
#pragma once

#include <cstdint>
#include <vector>

#include "certify/strategies/qk/hints.hpp"
#include "certify/strategies/subcubic/options.hpp"
#include "data/base/json.hpp"

namespace maxcert {

/// Average attention is carried in units of 2^-24.
constexpr std::uint32_t kAttentionUnits = 1u << 24;

struct SubcubicHints {
    ScoreHints score;
    std::vector<double> query_direction;        ///< w, [d_model], for the mean and svd direct options
    std::vector<std::uint32_t> mean_attention;  ///< a-bar, [d_vocab, n_ctx - 1] for n = 1.., mean_query+diff
    std::vector<std::uint32_t> gaps;  ///< one per cell in the order of for_each_cell; 0: not claimed
};

/// Whether `query_direction` is used.
bool has_direction(const SubcubicOptions& options);

/// Throws CertificateRejected unless `json` holds exactly the fields that the options use, each of the right
/// length, finite and in range, and every gap an admissible cell.
SubcubicHints hints_from_json(const Json& json, const SubcubicOptions& options, const Shape& shape);

}  // namespace maxcert
