// Cross-entropy and accuracy of a model given by its paths, and of its ablations, over samples or over every
// sequence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "certify/study/double_paths.hpp"

namespace maxcert {

struct LossAndAccuracy {
    double loss = 0;      ///< mean cross-entropy at the last position, in nats
    double accuracy = 0;  ///< share of sequences with the maximum's logit strictly above all others
    std::size_t sequences = 0;
};

/// The model without each subset of its paths, by the bits of Path that are zeroed.
using AblatedLosses = std::array<LossAndAccuracy, kAllPaths + 1>;

/// Over `samples` uniform sequences drawn from `seed`, the same ones for every ablation. To about 1e-8 of a
/// nat; a path's logits that lie more than 700 apart count as 700 apart.
AblatedLosses sampled_losses(const DoublePaths& paths, std::size_t samples, std::uint32_t seed);

/// Over all d_vocab^n_ctx sequences: for small shapes only.
AblatedLosses exhaustive_losses(const DoublePaths& paths);

}  // namespace maxcert
