// The singular value decomposition that hints and statistics need.
#pragma once

#include <Eigen/Core>

namespace maxcert {

/// Singular values of a matrix and the vectors of the largest one, in plain doubles: for hints and
/// statistics, never for a proof.
struct Singular {
    Eigen::VectorXd values;       // descending, min(rows, columns) of them
    Eigen::VectorXd left, right;  // of the largest; zeros where the matrix is zero
};

/// Through the Gram matrix of the shorter side: small singular values are right to 1e-8 of the largest only.
/// Whatever is not finite gives values that are not finite; throws nothing.
Singular singular_values(const Eigen::MatrixXd& m);

/// Of a b^T for a [n, k] and b [m, k]. Where n and m are large beside k, through two QR decompositions, whose
/// last bits differ from those of the multiplied-out matrix.
Singular singular_values_of_product(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b);

}  // namespace maxcert
