// The bounds of the error options beside the true range of what they bound, as ratios: why short proofs prove
// little.
#include "certify/study/qk_noise.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "certify/strategies/qk/singular.hpp"
#include "certify/study/double_paths.hpp"

namespace maxcert {
namespace {

using Vector = Eigen::VectorXd;
using Factors = std::array<DoubleMatrix, 4>;  // their product is the residual

Vector row_ranges(const DoubleMatrix& m) {
    return m.rowwise().maxCoeff() - m.rowwise().minCoeff();
}

// W_E + W_pos[last] on the query side, W_E + mean position on the key side.
Factors qk_factors(const Weights& w) {
    const Shape& s = w.shape;
    const DoubleMatrix embed = to_doubles(w.W_E, s.d_vocab, s.d_model);
    const DoubleMatrix position = to_doubles(w.W_pos, s.n_ctx, s.d_model);
    const Eigen::RowVectorXd mean = position.colwise().mean();
    return {embed.rowwise() + position.row(s.n_ctx - 1), to_doubles(w.W_Q, s.d_model, s.d_head),
            to_doubles(w.W_K, s.d_model, s.d_head).transpose(), (embed.rowwise() + mean).transpose()};
}

DoubleMatrix product(const Factors& f) {
    return f[0] * f[1] * f[2] * f[3];
}

void peel_top(DoubleMatrix& m) {
    const Singular top = singular_values(m);
    m -= top.values(0) * top.left * top.right.transpose();
}

// |x| range(y), row by row; with the mean row of x bounded exactly if `mean`.
Vector split_bound(const DoubleMatrix& x, const DoubleMatrix& y, bool mean) {
    const Vector ranges = row_ranges(y);
    if (!mean) return x.cwiseAbs() * ranges;
    const Eigen::RowVectorXd middle = x.colwise().mean();
    const double middle_range = row_ranges(middle * y)(0);
    return ((x.rowwise() - middle).cwiseAbs() * ranges).array() + middle_range;
}

// No product is multiplied out, except for one row each of those levels where the mean row is peeled.
Vector recursive_bound(const Factors& f, int peeled_levels) {
    Vector ranges = row_ranges(f[3]);
    DoubleMatrix rest = f[3];
    for (int level = 2; level >= 0; --level) {
        const DoubleMatrix& x = f[static_cast<std::size_t>(level)];
        if (level < peeled_levels) {
            const Eigen::RowVectorXd middle = x.colwise().mean();
            const double middle_range = row_ranges(middle * rest)(0);
            ranges = ((x.rowwise() - middle).cwiseAbs() * ranges).array() + middle_range;
        } else {
            ranges = x.cwiseAbs() * ranges;
        }
        rest = x * rest;
    }
    return ranges;
}

Json looseness(const Factors& f) {
    const DoubleMatrix residual = product(f);
    const Vector exact = row_ranges(residual);
    const double truth = exact.maxCoeff();
    Json methods = Json::object();
    const auto note = [&](const char* name, double bound) {
        methods[name] = {{"bound", bound}, {"ratio", truth > 0 ? bound / truth : 1}};
    };
    double sigmas = std::sqrt(2.0), norms = std::sqrt(2.0);
    for (const auto& factor : f) {
        sigmas *= singular_values(factor).values(0);
        norms *= factor.norm();
    }
    note("max_diff_exact", truth);
    note("sqrt2_sigma1_of_product", std::sqrt(2.0) * singular_values(residual).values(0));
    note("sqrt2_frobenius_of_product", std::sqrt(2.0) * residual.norm());
    note("sqrt2_product_of_sigma1", sigmas);
    note("sqrt2_product_of_frobenius", norms);
    for (const bool mean : {false, true}) {
        const Vector splits[] = {split_bound(f[0], f[1] * f[2] * f[3], mean),
                                 split_bound(f[0] * f[1], f[2] * f[3], mean),
                                 split_bound(f[0] * f[1] * f[2], f[3], mean)};
        const std::string prefix = mean ? "mean+max_diff" : "max_diff";
        note((prefix + "_split1").c_str(), splits[0].maxCoeff());
        note((prefix + "_split2").c_str(), splits[1].maxCoeff());
        note((prefix + "_split3").c_str(), splits[2].maxCoeff());
        note((prefix + "_best_split").c_str(), splits[0].cwiseMin(splits[1]).cwiseMin(splits[2]).maxCoeff());
    }
    note("max_diff_recursive", recursive_bound(f, 0).maxCoeff());
    note("mean+max_diff_recursive", recursive_bound(f, 1).maxCoeff());
    note("mean_recursive+max_diff_recursive", recursive_bound(f, 3).maxCoeff());
    return {{"true_range", truth}, {"mean_row_range", exact.mean()}, {"methods", methods}};
}

// The residual X_q W_Q W_K' X_k' once the top singular vectors of the whole product are projected out.
Factors residual_factors(Factors f) {
    const Singular top = singular_values(product(f));
    f[0] -= top.left * (top.left.transpose() * f[0]);
    f[3] -= (f[3] * top.right) * top.right.transpose();
    return f;
}

}  // namespace

Json qk_spectrum(const Weights& weights) {
    const Vector sigma = singular_values(product(qk_factors(weights))).values /
                         std::sqrt(static_cast<double>(weights.shape.d_head));
    Json values = Json::array();
    for (Eigen::Index i = 0; i < std::min<Eigen::Index>(sigma.size(), weights.shape.d_head); ++i) {
        values.push_back(sigma(i));
    }
    Json spectrum = {{"qk_singular_values", values}};
    spectrum["qk_sigma_ratio"] = sigma.size() > 1 && sigma(1) > 0 ? Json(sigma(0) / sigma(1)) : Json(nullptr);
    return spectrum;
}

Json qk_noise(const Weights& weights) {
    Factors f = residual_factors(qk_factors(weights));
    Json noise = {{"residual", looseness(f)}};
    for (auto& factor : f) peel_top(factor);
    noise["residual_of_factors"] = looseness(f);
    return noise;
}

}  // namespace maxcert
