// The AdamW optimizer (Loshchilov and Hutter, arXiv 1711.05101) on one row of parameters.
//
// The steps of torch::optim::AdamW in one pass over memory instead of ten, with the same bits.
#pragma once

#include <cstddef>
#include <vector>

#include "data/experiment/config.hpp"

namespace maxcert {

class AdamW {
  public:
    /// For `n` parameters; their moments begin at 0.
    AdamW(const TrainConfig& options, std::size_t n);

    /// Moves parameters[n] against gradient[n].
    void step(float* parameters, const float* gradient);

  private:
    TrainConfig options_;
    std::vector<float> mean_, mean_square_;
    int steps_ = 0;
};

}  // namespace maxcert
