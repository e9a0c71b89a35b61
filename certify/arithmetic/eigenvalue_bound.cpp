// A plain Cholesky factorisation in doubles. It may be as wrong as it likes: the bound in the header holds
// for any factor, and measures in intervals how far this one is off.
#include "certify/arithmetic/eigenvalue_bound.hpp"

#include <cmath>

namespace maxcert {

std::vector<double> approximate_cholesky(const std::vector<double>& symmetric, std::size_t n) {
    std::vector<double> l(n * n, 0.0);
    for (std::size_t j = 0; j < n; ++j) {
        double pivot = symmetric[j * n + j];
        for (std::size_t k = 0; k < j; ++k) pivot -= l[j * n + k] * l[j * n + k];
        if (!(pivot > 0)) continue;
        const double diagonal = std::sqrt(pivot);
        for (std::size_t i = j; i < n; ++i) {
            double entry = symmetric[i * n + j];
            for (std::size_t k = 0; k < j; ++k) entry -= l[i * n + k] * l[j * n + k];
            const double value = entry / diagonal;
            l[i * n + j] = std::isfinite(value) ? value : 0.0;
        }
    }
    return l;
}

}  // namespace maxcert
