// Uniform Max-of-K sequences, drawn as at::randint draws them, without LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert {

/// Each token is std::mt19937(seed)() % d_vocab, in row-major order of the batches.
class Sampler {
  public:
    Sampler(const Shape& shape, std::uint32_t seed) : shape_(shape), engine_(seed) {}

    /// [n, n_ctx] tokens.
    std::vector<std::int64_t> sequences(std::size_t n);

  private:
    Shape shape_;
    std::mt19937 engine_;
};

}  // namespace maxcert
