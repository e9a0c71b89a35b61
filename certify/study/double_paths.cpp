// The products of the weights in doubles by Eigen: for statistics, where an error in the last digits does not
// matter.
#include "certify/study/double_paths.hpp"

#include <cmath>

namespace maxcert {

DoubleMatrix to_doubles(const std::vector<float>& values, std::uint32_t rows, std::uint32_t columns) {
    using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const FloatMatrix>(values.data(), rows, columns).cast<double>();
}

DoublePaths double_paths(const Weights& w) {
    const Shape& s = w.shape;
    const DoubleMatrix embed = to_doubles(w.W_E, s.d_vocab, s.d_model);
    const DoubleMatrix position = to_doubles(w.W_pos, s.n_ctx, s.d_model);
    const DoubleMatrix to_logits = to_doubles(w.W_V, s.d_model, s.d_head) *
                                   to_doubles(w.W_O, s.d_head, s.d_model) *
                                   to_doubles(w.W_U, s.d_model, s.d_vocab);
    const DoubleMatrix query = embed.rowwise() + position.row(s.n_ctx - 1);
    const DoubleMatrix keys = to_doubles(w.W_Q, s.d_model, s.d_head) *
                              to_doubles(w.W_K, s.d_model, s.d_head).transpose() /
                              std::sqrt(static_cast<double>(s.d_head));
    return {query * to_doubles(w.W_U, s.d_model, s.d_vocab), embed * to_logits, position * to_logits,
            query * keys * embed.transpose(), query * keys * position.transpose()};
}

DoublePaths ablated(DoublePaths paths, unsigned zeroed) {
    if (zeroed & kEU) paths.EU.setZero();
    if (zeroed & kEQKE) paths.EQKE.setZero();
    if (zeroed & kEQKP) paths.EQKP.setZero();
    if (zeroed & kEVOU) paths.EVOU.setZero();
    if (zeroed & kPVOU) paths.PVOU.setZero();
    return paths;
}

}  // namespace maxcert
