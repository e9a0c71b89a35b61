// Upper bounds of magnitudes: non-negative doubles whose sums and products round upward.
#pragma once

#include <cstddef>
#include <limits>

#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/matrix.hpp"

namespace maxcert {

/// Every entry bounds a magnitude from above. All arithmetic on it needs RoundUpward.
using Magnitudes = Matrix<double>;

/// NaN in, NaN out.
inline double larger(double a, double b) {
    return a > b || a != a ? a : b;
}

inline double magnitude(Interval a) {
    return upper_double(abs(a));
}

inline Magnitudes magnitudes(const Matrix<Interval>& a) {
    Magnitudes m(a.rows(), a.columns());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < a.columns(); ++j) m(i, j) = magnitude(a(i, j));
    }
    return m;
}

/// f(a[i,j], b[i,j]) in every place.
template <class F>
Magnitudes combined(const Magnitudes& a, const Magnitudes& b, F&& f) {
    Magnitudes m(a.rows(), a.columns());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < a.columns(); ++j) m(i, j) = f(a(i, j), b(i, j));
    }
    return m;
}

inline Magnitudes operator+(const Magnitudes& a, const Magnitudes& b) {
    return combined(a, b, [](double x, double y) { return x + y; });
}

inline double largest_entry(const Magnitudes& a) {
    double most = 0;
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < a.columns(); ++j) most = larger(most, a(i, j));
    }
    return most;
}

/// u of binary32: a rounded operation is off by at most u times its exact result, or kTiny (below).
constexpr double kFloatUnit = 0x1p-24;
/// Bounds what an operation with a subnormal result loses, even if it is flushed to zero.
constexpr double kTiny = 0x1p-126;
/// A float computation all of whose sums of magnitudes are below this cannot overflow.
constexpr double kNoOverflow = 0x1p126;

/// n roundings change a product by a factor of at most 1 + gamma(n). 1 - n u is exact for n < 2^24.
inline double gamma(std::size_t n) {
    const double nu = static_cast<double>(n) * kFloatUnit;
    return nu < 0.5 ? nu / (1.0 - nu) : std::numeric_limits<double>::infinity();
}

}  // namespace maxcert
