// Singular vectors and means by Eigen, written with nine digits. They are hints: the check recomputes what
// follows from them, and any direction is sound.
#include "certify/strategies/qk/directions.hpp"

#include <cmath>
#include <cstdlib>

#include "certify/strategies/qk/singular.hpp"

namespace maxcert {
namespace {

using Dense = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

Dense dense(const std::vector<float>& values, std::uint32_t rows, std::uint32_t columns) {
    using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(values.data(), rows, columns).cast<double>();
}

/// Nine digits, and 0 for what is not finite: any hint is sound.
std::vector<double> as_hint(const Vector& v) {
    std::vector<double> hint;
    for (const double value : v) {
        char text[32];
        std::snprintf(text, sizeof text, "%.9g", value);
        hint.push_back(std::isfinite(value) ? std::strtod(text, nullptr) : 0.0);
    }
    return hint;
}

Vector from_hint(const std::vector<double>& hint) {
    return Eigen::Map<const Vector>(hint.data(), static_cast<Eigen::Index>(hint.size()));
}

Dense without(const Dense& m, const std::vector<double>& hint) {
    const Vector v = from_hint(hint);
    const double square = v.squaredNorm();
    return square > 0 ? Dense(m - v * (v.transpose() * m) / square) : m;
}

Directions find_directions(const Weights& weights) {
    const Shape& s = weights.shape;
    const Dense W_E = dense(weights.W_E, s.d_vocab, s.d_model);
    const Dense W_pos = dense(weights.W_pos, s.n_ctx, s.d_model);
    const Dense W_Q = dense(weights.W_Q, s.d_model, s.d_head);
    const Dense W_K = dense(weights.W_K, s.d_model, s.d_head);
    const Dense W_U = dense(weights.W_U, s.d_model, s.d_vocab);

    Directions d;
    const Dense query = W_E.rowwise() + W_pos.row(s.n_ctx - 1);
    d.score.mean_position = as_hint(W_pos.colwise().mean().transpose());
    const Dense key = W_E.rowwise() + from_hint(d.score.mean_position).transpose();
    const Singular scores = singular_values_of_product(query * W_Q, key * W_K);
    if (scores.values.size() > 1 && scores.values(1) > 0) d.sigma_ratio = scores.values(0) / scores.values(1);
    d.score.u = as_hint(scores.left);
    d.score.v = as_hint(scores.right);

    const Dense query_rest = without(query, d.score.u), key_rest = without(key, d.score.v);
    d.score.residual_norm =
        singular_values_of_product(query_rest * W_Q, key_rest * W_K).values(0) * (1 + 1e-7);
    if (!std::isfinite(d.score.residual_norm)) d.score.residual_norm = 0;
    d.score.peel_query = as_hint(singular_values(query_rest).left);
    d.score.peel_key = as_hint(singular_values(key_rest).left);
    d.score.peel_W_Q = as_hint(singular_values(W_Q).left);
    d.score.peel_W_K = as_hint(singular_values(W_K).left);

    d.mean_query = as_hint(query.colwise().mean().transpose());
    const Singular direct = singular_values_of_product(query, W_U.transpose());
    d.singular_query = as_hint(query.transpose() * direct.left * direct.left.mean());
    return d;
}

}  // namespace

const Directions& directions_of(Model& model) {
    return model.shared<Directions>("subcubic/directions", [&] { return find_directions(model.weights()); });
}

ScoreHints score_hints(const Directions& d, QkError error) {
    ScoreHints hints;
    if (error == QkError::exact_EQKE) return hints;
    hints = d.score;
    if (error != QkError::svd) hints.residual_norm = 0;
    if (!peels_factors(error)) {
        hints.peel_query.clear();
        hints.peel_key.clear();
        hints.peel_W_Q.clear();
        hints.peel_W_K.clear();
    }
    return hints;
}

}  // namespace maxcert
