// The study of a model: what the report shows of it besides proofs. Plain doubles, and no proof of anything,
// except for the sequences that are counted as wrong (failures) or right (ablations, margins, radii,
// deployed).
#pragma once

#include <cstddef>
#include <cstdint>

#include "certify/model/model.hpp"
#include "certify/study/loss.hpp"
#include "data/base/json.hpp"

namespace maxcert {

struct StudyOptions {
    /// Also losses over all sequences (if there are few) and bounds for margins, boxes of weights and
    /// deployed models.
    bool thorough = false;
    /// Up to here there are few sequences: ablations are counted over all of them.
    double most_sequences = 1 << 25;
    LossPrecision loss;       ///< of the losses that are sampled
    std::uint32_t seed = 1;   ///< of the sequences drawn
    double time_limit_s = 0;  ///< of each proof and of the search for failures; 0: none
};

/// Singular values of QK, statistics of every path, the looseness of each way to bound the noise of QK,
/// loss, ablations, where it fails (if there are few sequences) and, if thorough, bounds of wider claims.
/// Deterministic; one thread. The fields are described in scripts/report/README.md.
Json study_model(Model& model, const StudyOptions& options);

}  // namespace maxcert
