// How far the logits of the deployed float32 program can be from the real ones (SOUNDNESS T6).
#pragma once

#include <vector>

#include "certify/model/model.hpp"
#include "data/base/json.hpp"

namespace maxcert {

/// What is assumed of the program's exp.
struct Float32Options {
    unsigned exp_ulp = 4;  ///< exp is within this many units in the last place, plus 2^-126
};
/// Largest exp_ulp that the analysis takes.
constexpr unsigned kMaxExpUlp = 1u << 16;

/// Scores d_vocab * d_vocab * n_ctx that are analysed at most: four tables of doubles.
constexpr double kMostScores = 0x1p27;

struct Float32Error {
    /// At least |float32 logit - real logit|, over every sequence, every output and every order of evaluation
    /// that SOUNDNESS ("The deployed float32 model") admits. Infinite where a float might overflow.
    double logit = 0;
    std::vector<double> by_query;       ///< the same for the sequences that end in token q
    bool softmax_needs_maximum = true;  ///< false: holds also for a softmax that subtracts no maximum
    /// Largest part of each stage in it: scores, exp, values, mixture, output, residual, unembed.
    Json stages = Json::object();

    bool bounded() const;
};

/// The bound for the model's weights (all models of its box), kept with the model. Not bounded where the
/// errors of all scores would not fit in memory (kMostScores).
const Float32Error& float32_error(Model& model, Float32Options options);

}  // namespace maxcert
