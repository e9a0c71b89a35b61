// Cross-entropy and accuracy of a model given by its paths, over samples or over every sequence.
#pragma once

#include <cstddef>
#include <cstdint>

#include "certify/study/double_paths.hpp"

namespace maxcert {

struct LossAndAccuracy {
    double loss = 0;      ///< mean cross-entropy at the last position, in nats
    double accuracy = 0;  ///< share of sequences with the maximum's logit strictly above all others
    std::size_t sequences = 0;
};

/// Over `samples` uniform sequences drawn from `seed`.
LossAndAccuracy sampled_loss(const DoublePaths& paths, std::size_t samples, std::uint32_t seed);

/// Over all d_vocab^n_ctx sequences: for small shapes only.
LossAndAccuracy exhaustive_loss(const DoublePaths& paths);

}  // namespace maxcert
