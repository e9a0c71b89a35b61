// GMP makes doubles of whole numbers by cutting off what does not fit, so that no rounding mode needs to be
// in force.
#include "certify/strategies/bracket/fillings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace maxcert {

Count fillings_with(std::size_t tokens, std::size_t missing, std::size_t r) {
    const auto n = static_cast<unsigned long>(tokens);
    if (missing == 0) return power(n, r);
    if (missing == 1) return power(n, r) - power(n - 1, r);
    // Less those without one, and those without the other; but those without both only once.
    return power(n, r) - 2 * power(n - 1, r) + power(n - 2, r);
}

Fillings::Fillings(std::size_t tokens, std::size_t positions, std::vector<std::size_t> required)
    : tokens_(tokens),
      positions_(positions),
      required_(std::move(required)),
      size_(fillings_with(tokens, required_.size(), positions)) {
    for (unsigned missing = 0; missing <= all_missing(); ++missing) {
        const auto many = static_cast<std::size_t>(__builtin_popcount(missing));
        for (std::size_t r = 0; r <= positions; ++r) {
            const Count ways = fillings_with(tokens, many, r);
            const double least = std::min(ways.get_d(), std::numeric_limits<double>::max());
            ends_.push_back({least, ways == least ? least : std::nextafter(least, HUGE_VAL)});
        }
    }
}

bool Fillings::requires_token(std::size_t token) const {
    return std::find(required_.begin(), required_.end(), token) != required_.end();
}

}  // namespace maxcert
