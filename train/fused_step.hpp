// The gradient of one training batch of one seed: matrix products (products.hpp) around plain loops
// (kernels.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "train/kernels.hpp"
#include "train/parameters.hpp"

namespace maxcert {

/// Where one seed's parameters and gradients lie, and the room that a step needs; made once.
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
    using Room = std::vector<float>;

    void forward(const std::int64_t* tokens);
    kernels::Tables tables() const;

    Shape shape_;
    std::size_t K_, V_, d_, h_;
    float scale_;  // 1 / sqrt(d_head)
    std::size_t batch_;
    const float *X_, *W_pos_last_, *W_Q_, *W_K_, *W_V_, *W_O_, *W_U_;  // X: W_E above W_pos
    float *dX_, *dW_Q_, *dW_K_, *dW_V_, *dW_O_, *dW_U_;
    Room QK_, OV_, query_, last_, ov_, attention_, residual_, logits_;
    Room dQK_, dOV_, dresidual_;
    Room dtables_;  // one below the other:
    float *dquery_, *dlast_, *dov_;
};

}  // namespace maxcert
