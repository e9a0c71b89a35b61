// The offset of a grid: rounding to whole steps loses least where most values lie on the grid. Any offset
// is sound, where what is taken off here is added elsewhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace maxcert {

/// The least integer that is not below x; |x| must be below 2^62.
inline std::int64_t ceiling(double x) {
    const auto whole = static_cast<std::int64_t>(x);
    return whole + (x > static_cast<double>(whole) ? 1 : 0);
}

/// Of every `stride`-th value the one from which on, in steps of 1 / inverse_step, all values have the least
/// loss together. Differences of values must be below 2^62 steps.
template <class Loss>
double best_offset(const std::vector<double>& values, double inverse_step, std::size_t stride, Loss&& loss) {
    double best = 0, least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < values.size(); k += stride) {
        double sum = 0;
        for (const double v : values) sum += loss((v - values[k]) * inverse_step);
        if (sum < least) least = sum, best = values[k];
    }
    return best;
}

}  // namespace maxcert
