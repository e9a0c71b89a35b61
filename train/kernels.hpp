// The part of a training step that works sequence by sequence, in plain float loops.
//
// With tables over the vocabulary made beforehand by matrix products, a sequence costs a few rows of d_model
// floats: it never sees d_model x d_head products. Sums run over fixed lanes and samples in order, so results
// do not depend on the instruction set, and no compiler may contract them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "data/weights/weights.hpp"

namespace maxcert::kernels {

/// Row-major; rows of d_model floats. `key` and `ov` have d_vocab + n_ctx rows: tokens, then positions.
struct Tables {
    const float* key;    ///< W_E above W_pos
    const float* query;  ///< (W_E + W_pos[last]) W_Q W_K^T / sqrt(d_head), d_vocab rows
    const float* ov;     ///< key W_V W_O
    const float* last;   ///< W_E + W_pos[last], d_vocab rows
};

struct TableGradients {
    float* key;
    float* query;
    float* ov;
    float* last;
};

/// tokens [n, n_ctx] -> attention [n, n_ctx] and the last position's residual stream [n, d_model].
void attend(const Shape& shape, const Tables& tables, const std::int64_t* tokens, std::size_t n,
            float* attention, float* residual);

/// Adds to `gradients` what residual_gradient [n, d_model] sends back through `attend`.
void attend_backward(const Shape& shape, const Tables& tables, const std::int64_t* tokens, std::size_t n,
                     const float* attention, const float* residual_gradient, const TableGradients& gradients);

/// Replaces logits [n, d_vocab] by the gradient of the mean cross-entropy against each sequence's maximum,
/// and returns that mean. The log-softmax is log1p of the exponentials off the largest logit, as in the
/// paper's code: neither a small loss nor its gradient cancels.
double cross_entropy(const Shape& shape, const std::int64_t* tokens, std::size_t n, float* logits);

/// Adds the sum of rows [n, d] to `to` [d]. Sums of sixteen rows are summed sixteen at a time, and so on, so
/// that rounding errors hardly grow with n.
void add_sum_of_rows(const float* rows, std::size_t n, std::size_t d, float* to);

/// Sequences whose maximum has the strictly largest logit.
std::size_t count_correct(const Shape& shape, const std::int64_t* tokens, std::size_t n, const float* logits);

}  // namespace maxcert::kernels
