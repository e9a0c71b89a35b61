// Where the seven matrices of a model lie in one row of floats, the form in which models are trained.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "data/weights/weights.hpp"

namespace maxcert {

/// The models of several seeds are one float32 tensor [seeds, row]: the optimizer then walks one tensor, and
/// rows that begin at multiples of 64 floats make each element meet the same vector lanes in any company.
class Parameters {
  public:
    enum Name { W_E, W_pos, W_Q, W_K, W_V, W_O, W_U };

    explicit Parameters(const Shape& shape);

    const Shape& shape() const { return shape_; }
    std::int64_t row() const { return row_; }

    /// The matrix inside rows [seeds, row] as a view [seeds, rows, columns].
    at::Tensor view(const at::Tensor& rows, Name name) const;
    /// Where the matrix begins in `row` [row], on the CPU; W_pos lies right below W_E.
    float* begin(const at::Tensor& row, Name name) const;

    /// Fresh weights N(0, (0.8 / sqrt(d_model))^2) into `row` [row], in the paper's order of matrices.
    void initialise(const at::Tensor& row, std::uint32_t seed) const;

    Weights weights(const at::Tensor& row) const;
    at::Tensor from_weights(const Weights& weights) const;

  private:
    struct Place {
        std::int64_t offset, rows, columns;
    };
    Shape shape_;
    std::array<Place, 7> places_;
    std::int64_t row_ = 0;
};

}  // namespace maxcert
