// The model written plainly, differentiated by LibTorch: for CUDA, and as the reference of the fused step.
#pragma once

#include <ATen/core/Tensor.h>

#include "train/parameters.hpp"

namespace maxcert {

/// tokens int64 [seeds, n, n_ctx] -> logits [seeds, n, d_vocab] at the last position.
at::Tensor logits_of(const Parameters& parameters, const at::Tensor& rows, const at::Tensor& tokens);

/// Mean cross-entropy [seeds] against each sequence's maximum.
at::Tensor losses_of(const Parameters& parameters, const at::Tensor& rows, const at::Tensor& tokens);

}  // namespace maxcert
