// Anything but a decimal number of reasonable length is refused.
#include "data/base/count_conversions.hpp"

#include <algorithm>
#include <stdexcept>

namespace maxcert {

// 4096^4096, the largest number of sequences there can be, has 14797 digits.
constexpr std::size_t kMaxDigits = 15000;

Count count_from_string(const std::string& decimal) {
    const bool digits =
        !decimal.empty() && decimal.size() <= kMaxDigits &&
        std::all_of(decimal.begin(), decimal.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) throw std::invalid_argument("not a decimal count: '" + decimal.substr(0, 40) + "'");
    return Count(decimal, 10);
}

}  // namespace maxcert
