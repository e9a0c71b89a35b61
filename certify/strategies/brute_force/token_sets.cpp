// Bins keep the order of the terms that fall into them. So those of later bins than a number's are larger,
// and those of earlier ones smaller; those of its own bin are compared one by one.
#include "certify/strategies/brute_force/token_sets.hpp"

#include <algorithm>

namespace maxcert {

void TokenSets::make(const double* upper, const double* negated_lower, std::size_t n) {
    const auto [least, most] = std::minmax_element(upper, upper + n);
    upper_ = upper, negated_lower_ = negated_lower;
    base_ = *least;
    scale_ = *most > base_ ? std::min((kBins - 1) / (*most - base_), 1e300) : 0;
    width_ = 0;
    from_.assign(static_cast<std::size_t>(kBins) + 2, 0);
    for (std::size_t t = 0; t < n; ++t) {
        from_[static_cast<std::size_t>(bins_of(Two{upper[t], 0})[0])] |= std::uint64_t{1} << t;
        width_ = std::max(width_, upper[t] + negated_lower[t]);
    }
    for (std::size_t k = from_.size() - 1; k-- > 0;) from_[k] |= from_[k + 1];
}

MAXCERT_CLONES("avx2")  // which counts bits in one instruction
TokenVerdicts look_up(const OpenOutput* outputs, std::size_t count, std::size_t s) {
    TokenVerdicts v;
    for (const OpenOutput* o = outputs; o < outputs + count; ++o) {
        o->sets->add_to(v.possible, v.sure, o->upper + o->upper_column[s],
                        o->negated_lower + o->negated_lower_column[s]);
    }
    v.not_right = static_cast<unsigned>(__builtin_popcountll(v.possible | v.sure));
    v.wrong = static_cast<unsigned>(__builtin_popcountll(v.sure));
    return v;
}

}  // namespace maxcert
