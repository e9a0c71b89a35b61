// The gradient of one training batch of one seed: LibTorch's matrix products around plain loops
// (kernels.hpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "train/kernels.hpp"
#include "train/parameters.hpp"

namespace maxcert {

/// Views of one seed's row of parameters and of gradients, and the room that a step needs; made once.
/// All products are of one seed: its numbers cannot depend on the company it is trained in.
class FusedStep {
  public:
    /// `row` and `gradient_row` are CPU float32 [row], kept and read or written at every call.
    FusedStep(const Parameters& parameters, const at::Tensor& row, const at::Tensor& gradient_row,
              std::size_t batch);

    /// Writes the gradient of the mean loss over tokens [batch, n_ctx] and returns that loss.
    double gradient(const std::int64_t* tokens);

    /// Sequences of tokens [batch, n_ctx] that the model gets right.
    std::size_t correct(const std::int64_t* tokens);

  private:
    void forward(const std::int64_t* tokens);
    kernels::Tables tables() const;

    Shape shape_;
    std::size_t batch_;
    at::Tensor W_E_, W_pos_last_, X_, W_Q_, W_K_, W_V_, W_O_, W_U_;
    at::Tensor dX_, dE_, dP_last_, dW_Q_, dW_K_, dW_V_, dW_O_, dW_U_;
    at::Tensor QK_, OV_, query_, ov_, last_, attention_, residual_, logits_;
    at::Tensor dQK_, dOV_, dtables_, dquery_, dov_, dlast_, dresidual_;
};

}  // namespace maxcert
