// Only hints and statistics use this, so accuracy matters and rigour does not.
#include "certify/strategies/qk/singular.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

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

Singular singular_values_of_product(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    constexpr Eigen::Index few = 256;  // rows whose product is decomposed as a whole in no time
    const Eigen::Index k = a.cols();
    if (a.rows() <= few || std::min(a.rows(), b.rows()) < 2 * k) return singular_values(a * b.transpose());
    const auto thin_Q = [k](const Eigen::HouseholderQR<Eigen::MatrixXd>& qr) {
        return Eigen::MatrixXd(qr.householderQ() * Eigen::MatrixXd::Identity(qr.rows(), k));
    };
    const auto R = [k](const Eigen::HouseholderQR<Eigen::MatrixXd>& qr) {
        return Eigen::MatrixXd(qr.matrixQR().topRows(k).triangularView<Eigen::Upper>());
    };
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr_a(a), qr_b(b);
    const Singular core = singular_values(R(qr_a) * R(qr_b).transpose());
    return {core.values, thin_Q(qr_a) * core.left, thin_Q(qr_b) * core.right};
}

}  // namespace maxcert
