// The accuracy of a model on random sequences, in plain double arithmetic: what brackets are held against
// where sequences are too many to be enumerated.
#pragma once

#include <cstdint>

#include "data/weights/weights.hpp"

namespace maxcert::testing {

struct SampledAccuracy {
    std::uint64_t right = 0, samples = 0;
    double share() const { return static_cast<double>(right) / static_cast<double>(samples); }
    /// Half the width of the confidence interval of `deviations` standard deviations (Wilson's, about).
    double half_width(double deviations) const;
};

/// Runs the model on `samples` uniform sequences.
SampledAccuracy sample_accuracy(const Weights& weights, std::uint64_t samples, std::uint64_t seed);

}  // namespace maxcert::testing
