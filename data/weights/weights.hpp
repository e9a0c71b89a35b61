// The weights of a one-layer, one-head, attention-only transformer without biases or layer norm.
#pragma once

#include <cstdint>
#include <vector>

namespace maxcert {

struct Shape {
    std::uint32_t n_ctx = 0;
    std::uint32_t d_vocab = 0;
    std::uint32_t d_model = 0;
    std::uint32_t d_head = 0;

    bool operator==(const Shape& o) const {
        return n_ctx == o.n_ctx && d_vocab == o.d_vocab && d_model == o.d_model && d_head == o.d_head;
    }
    bool operator!=(const Shape& o) const { return !(*this == o); }
};

/// Row-major float32 matrices; each float is an exact dyadic rational (SOUNDNESS, notation).
struct Weights {
    Shape shape;
    std::vector<float> W_E;    ///< [d_vocab, d_model]
    std::vector<float> W_pos;  ///< [n_ctx, d_model]
    std::vector<float> W_Q;    ///< [d_model, d_head]
    std::vector<float> W_K;    ///< [d_model, d_head]
    std::vector<float> W_V;    ///< [d_model, d_head]
    std::vector<float> W_O;    ///< [d_head, d_model]
    std::vector<float> W_U;    ///< [d_model, d_vocab]
};

/// Largest size accepted in any dimension of a shape; keeps a hostile file from asking for all memory.
constexpr std::uint32_t kMaxDimension = 1u << 12;

}  // namespace maxcert
