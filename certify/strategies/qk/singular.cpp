// Only hints and statistics use this, so accuracy matters and rigour does not.
#include "certify/strategies/qk/singular.hpp"

#include <Eigen/Eigenvalues>

namespace maxcert {

Singular singular_values(const Eigen::MatrixXd& m) {
    const double scale = m.cwiseAbs().maxCoeff();  // so that no square leaves the range of doubles
    if (scale == 0) {
        return {Eigen::VectorXd::Zero(std::min(m.rows(), m.cols())), Eigen::VectorXd::Zero(m.rows()),
                Eigen::VectorXd::Zero(m.cols())};
    }
    const bool wide = m.cols() > m.rows();
    Eigen::MatrixXd tall = m / scale;
    if (wide) tall.transposeInPlace();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> gram(tall.transpose() * tall);
    const Eigen::VectorXd inner = gram.eigenvectors().rightCols(1);
    const Eigen::VectorXd outer = (tall * inner).normalized();
    return {gram.eigenvalues().reverse().cwiseMax(0).cwiseSqrt() * scale, wide ? inner : outer,
            wide ? outer : inner};
}

}  // namespace maxcert
