// How the part of the QK matrix that low-rank scores leave unexplained is bounded (SOUNDNESS T4).
#pragma once

#include <array>

namespace maxcert {

enum class QkError {
    exact_EQKE,
    max_diff_exact,
    svd,
    max_diff,
    mean_max_diff,
    subproduct,
    mean_subproduct,
    recursive,
    mean_recursive_first,
    mean_recursive_all
};

constexpr std::array<QkError, 10> kQkErrors = {
    QkError::exact_EQKE,        QkError::max_diff_exact, QkError::svd,
    QkError::max_diff,          QkError::mean_max_diff,  QkError::subproduct,
    QkError::mean_subproduct,   QkError::recursive,      QkError::mean_recursive_first,
    QkError::mean_recursive_all};

const char* name_of(QkError error);

/// Whether the four factors are bounded one after the other, without multiplying matrices.
bool recursive(QkError error);

/// Whether the error option peels the four factors before it bounds them.
bool peels_factors(QkError error);

}  // namespace maxcert
