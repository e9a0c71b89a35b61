// BLAS has column-major matrices, which are the transposes of ours: b^T a^T = (a b)^T.
#include "train/products.hpp"

#include <stdexcept>

// The Fortran interface, which every BLAS has.
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
                       const int* k, const float* alpha, const float* a, const int* lda, const float* b,
                       const int* ldb, const float* beta, float* c, const int* ldc);

namespace maxcert {

void multiply(const Factor& a, const Factor& b, float* to, Store store) {
    if (a.columns != b.rows) throw std::logic_error("multiply: inner dimensions differ");
    const int m = static_cast<int>(b.columns), n = static_cast<int>(a.rows), k = static_cast<int>(a.columns);
    const int lda = a.transposed ? n : k, ldb = b.transposed ? k : m;
    const float one = 1, before = store == Store::add ? 1 : 0;
    sgemm_(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &m, &n, &k, &one, b.data, &ldb, a.data, &lda,
           &before, to, &m);
}

}  // namespace maxcert
