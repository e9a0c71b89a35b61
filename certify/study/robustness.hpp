// What is proved of a model under wider claims: a margin, a box of weights, rounded weights, float32.
#pragma once

#include "certify/model/model.hpp"
#include "data/base/counts.hpp"
#include "data/base/json.hpp"

namespace maxcert {

/// Proved bounds at rising margins, by one strategy of each family: rows of margin, strategy, correct, bound.
/// Here and below, each proof may take time_limit_s seconds (0: any time).
Json bounds_by_margin(Model& model, double time_limit_s = 0);

/// The same for every model whose weights are within a rising (absolute) radius: rows of radius, strategy,
/// correct, bound. Brute force only up to `most_sequences`.
Json bounds_by_radius(const Weights& weights, const Count& most_sequences, double time_limit_s = 0);

/// For weights in float32, bf16 and fp16 (left out where they overflow), in real arithmetic and in float32:
/// rows of weights_format, semantics, strategy, correct, bound, logit_error (null for real).
Json bounds_when_deployed(const Weights& weights, const Count& most_sequences, double time_limit_s = 0);

}  // namespace maxcert
