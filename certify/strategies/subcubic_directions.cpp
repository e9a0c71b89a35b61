#include "certify/strategies/subcubic_directions.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <cstdlib>

namespace maxcert {
namespace {

using Dense = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

Dense dense(const std::vector<float>& values, std::uint32_t rows, std::uint32_t columns) {
    using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(values.data(), rows, columns).cast<double>();
}

struct TopSingular {
    double first = 0, second = 0;
    Vector left, right;
};

TopSingular top_singular(const Dense& m) {
    const Eigen::BDCSVD<Dense> svd(m, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const auto& values = svd.singularValues();
    return {values(0), values.size() > 1 ? values(1) : 0.0, svd.matrixU().col(0), svd.matrixV().col(0)};
}

/// Of A B^T, through the triangular factors of A and B.
TopSingular top_singular_of_product(const Dense& a, const Dense& b) {
    const Eigen::Index rank = std::min(a.rows(), a.cols());
    const Eigen::HouseholderQR<Dense> qa(a), qb(b);
    const Dense ra = qa.matrixQR().topRows(rank).triangularView<Eigen::Upper>();
    const Dense rb = qb.matrixQR().topRows(rank).triangularView<Eigen::Upper>();
    TopSingular s = top_singular(ra * rb.transpose());
    Vector left = Vector::Zero(a.rows()), right = Vector::Zero(b.rows());
    left.head(rank) = s.left;
    right.head(rank) = s.right;
    s.left = qa.householderQ() * left;
    s.right = qb.householderQ() * right;
    return s;
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

/// The hint for the top left singular vector; zeros (skipped) for a matrix that is zero.
std::vector<double> left_hint(const TopSingular& s) {
    return as_hint(s.first > 0 ? s.left : Vector::Zero(s.left.size()));
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
    const TopSingular scores = top_singular_of_product(query * W_Q, key * W_K);
    if (scores.second > 0) d.sigma_ratio = scores.first / scores.second;
    const bool any = scores.first > 0;
    d.score.u = as_hint(any ? scores.left : Vector::Zero(s.d_vocab));
    d.score.v = as_hint(any ? scores.right : Vector::Zero(s.d_vocab));

    const Dense query_rest = without(query, d.score.u), key_rest = without(key, d.score.v);
    d.score.residual_norm = top_singular_of_product(query_rest * W_Q, key_rest * W_K).first * (1 + 1e-7);
    if (!std::isfinite(d.score.residual_norm)) d.score.residual_norm = 0;
    d.score.peel_query = left_hint(top_singular(query_rest));
    d.score.peel_key = left_hint(top_singular(key_rest));
    d.score.peel_W_Q = left_hint(top_singular(W_Q));
    d.score.peel_W_K = left_hint(top_singular(W_K));

    d.mean_query = as_hint(query.colwise().mean().transpose());
    const TopSingular direct = top_singular(query * W_U);
    d.singular_query = as_hint(query.transpose() * direct.left * direct.left.mean());
    return d;
}

}  // namespace

const Directions& directions_of(Subject& subject) {
    return subject.shared<Directions>("subcubic/directions",
                                      [&] { return find_directions(subject.weights()); });
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

std::vector<double> query_direction(const Directions& d, Direct direct) {
    if (direct == Direct::mean_query) return d.mean_query;
    if (direct == Direct::svd_query) return d.singular_query;
    return {};
}

}  // namespace maxcert
