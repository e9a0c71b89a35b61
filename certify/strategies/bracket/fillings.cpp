// Counts by inclusion and exclusion over the tokens that must occur.
#include "certify/strategies/bracket/fillings.hpp"

#include <algorithm>
#include <cmath>

namespace maxcert {

Count fillings_with(std::size_t tokens, std::size_t missing, std::size_t r) {
    const auto n = static_cast<unsigned long>(tokens);
    if (missing == 0) return power(n, r);
    if (missing == 1) return power(n, r) - power(n - 1, r);
    // Less those without one, and those without the other; but those without both only once.
    return power(n, r) - 2 * power(n - 1, r) + power(n - 2, r);
}

CountRange CountRange::between(double least, double most, const Count& size) {
    CountRange range{0, size};
    if (least > 0 && std::isfinite(least)) range.least = std::min(Count(std::ceil(least)), size);
    if (std::isfinite(most)) range.most = std::min(Count(std::floor(std::max(most, 0.0))), size);
    return range;
}

Fillings::Fillings(std::size_t tokens, std::size_t positions, std::vector<std::size_t> required)
    : tokens_(tokens),
      positions_(positions),
      required_(std::move(required)),
      size_(fillings_with(tokens, required_.size(), positions)) {}

bool Fillings::requires_token(std::size_t token) const {
    return std::find(required_.begin(), required_.end(), token) != required_.end();
}

}  // namespace maxcert
