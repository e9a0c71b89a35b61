// A share of a whole as a double, rounded down so that a bound never reads higher than it is.
#pragma once

#include "data/base/counts.hpp"

namespace maxcert {

/// The largest double that is at most part/whole (0 <= part <= whole, whole > 0).
inline double ratio_rounded_down(const Count& part, const Count& whole) {
    mpq_class ratio(part, whole);
    ratio.canonicalize();
    return ratio.get_d();  // mpq_get_d truncates towards zero, and the ratio is not negative
}

}  // namespace maxcert
