// How loose each way of bounding the unexplained part of QK is (SOUNDNESS T4), measured in plain doubles.
#pragma once

#include "data/base/json.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// Singular values of M/sqrt(d_head) on the mean position: `qk_singular_values` (largest first) and
/// `qk_sigma_ratio`, the faithfulness of the rank-one explanation.
Json qk_spectrum(const Weights& weights);

/// For the residual as one product of four factors and with the top singular vector peeled off each factor:
/// `true_range`, the largest row range of the multiplied-out residual, and by method the largest bound over
/// the rows (in the units of M, before 1/sqrt(d_head)) and its ratio to it.
Json qk_noise(const Weights& weights);

}  // namespace maxcert
