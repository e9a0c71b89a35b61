// Random small models for soundness tests: plain, structured, degenerate, and of wild scales.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "certify/arithmetic/matrix.hpp"
#include "data/weights/weights.hpp"

namespace maxcert::testing {

using Random = std::mt19937_64;

/// Path matrices to order, as doubles that must be floats: EU, EVOU, EQKE [d_vocab, d_vocab],
/// PVOU [n_ctx, d_vocab], EQKP [d_vocab, n_ctx]. EQKE and EQKP before the scale 1/sqrt(d_head).
struct OrderedPaths {
    Matrix<float> EU, EVOU, EQKE, PVOU, EQKP;
    OrderedPaths(std::uint32_t n_ctx, std::uint32_t d_vocab)
        : EU(d_vocab, d_vocab),
          EVOU(d_vocab, d_vocab),
          EQKE(d_vocab, d_vocab),
          PVOU(n_ctx, d_vocab),
          EQKP(d_vocab, n_ctx) {}
};

/// Weights (identity blocks: d_model = 2 d_vocab + n_ctx, d_head = d_vocab + n_ctx) whose paths are exactly
/// these.
Weights weights_with_paths(const OrderedPaths& paths);

/// Every entry normal with standard deviation `scale`.
Weights gaussian_model(Random& random, const Shape& shape, float scale);

/// Attends to large tokens and copies them, with noise: mostly right, some sequences wrong or close.
Weights max_like_model(Random& random, std::uint32_t n_ctx, std::uint32_t d_vocab);

/// Paths with small integer entries: many exact and near ties.
Weights integer_model(Random& random, std::uint32_t n_ctx, std::uint32_t d_vocab);

/// A model of random kind, scale and shape (d_vocab <= max_vocab, n_ctx <= max_ctx; 1 included), sometimes
/// made degenerate: duplicate tokens, equal columns of W_U, a zeroed matrix, scales from 1e-30 to 1e30.
/// The same seed gives the same model. `description` says what was drawn, for messages.
Weights random_model(std::uint64_t seed, std::uint32_t max_ctx = 4, std::uint32_t max_vocab = 6,
                     std::string* description = nullptr);

}  // namespace maxcert::testing
