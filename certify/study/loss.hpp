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
    double loss_error = 0;  ///< standard error of the loss; 0 over every sequence
};

/// The model without each subset of its paths, by the bits of Path that are zeroed.
using AblatedLosses = std::array<LossAndAccuracy, kAllPaths + 1>;

/// When a sample is large enough.
struct LossPrecision {
    double relative_error =
        0.005;                  ///< standard error of a loss over the loss: half a unit in the third digit
    std::size_t most = 500000;  ///< sequences that are drawn at most
};

/// Over uniform sequences drawn from `seed`. The ablations of a pattern of attention draw until all their
/// losses are known to the relative error, the first sequences being the same for every pattern. To about
/// 1e-8 of a nat; a path's logits that lie more than 700 apart count as 700 apart.
AblatedLosses sampled_losses(const DoublePaths& paths, const LossPrecision& precision, std::uint32_t seed);

/// Over all d_vocab^n_ctx sequences: for small shapes only.
AblatedLosses exhaustive_losses(const DoublePaths& paths);

}  // namespace maxcert
