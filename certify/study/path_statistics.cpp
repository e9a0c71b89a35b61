// Each figure says how far a path does what the explanation of the model says it does.
#include "certify/study/path_statistics.hpp"

#include <cmath>

namespace maxcert {
namespace {

double deviation(const Eigen::VectorXd& values) {
    if (values.size() < 2) return 0;
    return std::sqrt((values.array() - values.mean()).square().sum() /
                     static_cast<double>(values.size() - 1));
}

}  // namespace

Json evou_statistics(const DoublePaths& paths) {
    const Eigen::Index n = paths.EVOU.rows();
    if (n < 2) return Json::object();
    Eigen::VectorXd margin(n);
    for (Eigen::Index t = 0; t < n; ++t) {
        Eigen::RowVectorXd others = paths.EVOU.row(t);
        others(t) = -HUGE_VAL;
        margin(t) = paths.EVOU(t, t) - others.maxCoeff();
    }
    const auto copied = static_cast<double>((margin.array() > 0).count());
    return {{"diagonal_is_row_maximum", copied / static_cast<double>(n)},
            {"copying_margin",
             {{"smallest", margin.minCoeff()}, {"mean", margin.mean()}, {"std", deviation(margin)}}}};
}

Json attention_statistics(const DoublePaths& paths) {
    const Eigen::Index n = paths.EQKE.rows();
    if (n < 2) return Json::object();
    double pairs = 0, neighbours = 0;
    for (Eigen::Index m = 1; m < n; ++m) {
        const auto gain = (paths.EQKE.leftCols(m).colwise() - paths.EQKE.col(m)).array();
        pairs += static_cast<double>((gain < 0).count());
        neighbours += static_cast<double>((gain.col(m - 1) < 0).count());
    }
    const auto size = static_cast<double>(n);
    return {{"larger_token_scores_higher", pairs / (size * size * (size - 1) / 2)},
            {"next_token_scores_higher", neighbours / (size * (size - 1))},
            {"mean_gain_per_step", (paths.EQKE.col(n - 1) - paths.EQKE.col(0)).mean() / (size - 1)}};
}

Json row_range_statistics(const DoublePaths& paths) {
    Json result = Json::object();
    const auto note = [&result](const char* name, const DoubleMatrix& m) {
        const Eigen::VectorXd ranges = m.rowwise().maxCoeff() - m.rowwise().minCoeff();
        result[name] = {
            {"smallest", ranges.minCoeff()}, {"mean", ranges.mean()}, {"largest", ranges.maxCoeff()}};
    };
    note("EU", paths.EU);
    note("EVOU", paths.EVOU);
    note("PVOU", paths.PVOU);
    note("EQKE", paths.EQKE);
    note("EQKP", paths.EQKP);
    return result;
}

}  // namespace maxcert
