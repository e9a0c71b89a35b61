// The paths through the network (SOUNDNESS, notation) multiplied out in plain doubles.
#pragma once

#include <Eigen/Core>

#include "data/weights/weights.hpp"

namespace maxcert {

using DoubleMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A weight matrix of float32 entries as doubles.
DoubleMatrix to_doubles(const std::vector<float>& values, std::uint32_t rows, std::uint32_t columns);

struct DoublePaths {
    DoubleMatrix EU, EVOU;  ///< [d_vocab, d_vocab]
    DoubleMatrix PVOU;      ///< [n_ctx, d_vocab]
    DoubleMatrix EQKE;      ///< [d_vocab, d_vocab], scaled by 1/sqrt(d_head)
    DoubleMatrix EQKP;      ///< [d_vocab, n_ctx], scaled likewise
};

DoublePaths double_paths(const Weights& weights);

/// The paths an ablation can set to zero, as bits.
enum Path : unsigned { kEU = 1, kEQKE = 2, kEQKP = 4, kEVOU = 8, kPVOU = 16 };
constexpr unsigned kAllPaths = 31;

/// The same paths with those in `zeroed` set to zero.
DoublePaths ablated(DoublePaths paths, unsigned zeroed);

}  // namespace maxcert
