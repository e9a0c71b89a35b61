// With U the upper end of the sum over all other places, a token may win if its upper end v is at least -U,
// and surely does if v is at least -U + width, but for rounding. Numbers go into bins by a function that
// never decreases, however it rounds: where v, a little raised, falls into no earlier bin than -U, the token
// is possible, and where v, lowered by the width and a little more, falls into a later bin, it is sure. The
// few that are possible and not sure are looked at in their own ends.
#include "certify/strategies/brute_force/token_sets.hpp"

#include <algorithm>

#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

typedef double Two __attribute__((vector_size(16)));  // kept in range without branches

MAXCERT_INLINE std::size_t bin(double x, double scale) {
    const Two z = Two{x, x} * scale, none = {0, 0}, most = {TokenSets::kBins, TokenSets::kBins};
    const Two positive = z > none ? z : none, kept = positive < most ? positive : most;
    return static_cast<std::size_t>(static_cast<std::int32_t>(kept[0]));
}

}  // namespace

MAXCERT_INLINE const TokenSets::Entry& TokenSets::entry(double x) const {
    return entries_.data()[bin(x, scale_)];
}

void TokenSets::make(const TermColumn& terms, std::size_t n, double width, double size) {
    // More than all roundings of a few dozen sums of terms of this size.
    const double little = 0x1p-40 * size;
    const auto [least, most] = std::minmax_element(terms.upper, terms.upper + n);
    terms_ = terms;
    base_ = *least;
    const double range = *most - base_;
    scale_ = range > 0 ? std::min((kBins - 1) / range, 1e300) : 0;
    entries_.assign(static_cast<std::size_t>(kBins) + 1, {});
    for (std::size_t t = 0; t < n; ++t) {
        const std::uint64_t token = std::uint64_t{1} << t;
        const double above = terms.upper[t] - base_;
        entries_[bin(above + little, scale_)].possible |= token;
        const std::size_t later = bin(above - (width + little), scale_);
        if (later > 0) entries_[later - 1].sure |= token;
    }
    for (std::size_t k = entries_.size() - 1; k-- > 0;) {
        entries_[k].possible |= entries_[k + 1].possible;
        entries_[k].sure |= entries_[k + 1].sure;
    }
}

MAXCERT_CLONES("avx2")  // which counts bits in one instruction
TokenVerdicts look_up(const OpenOutput* outputs, std::size_t count, std::size_t s) {
    TokenVerdicts v;
    for (const OpenOutput* o = outputs; o < outputs + count; ++o) {
        const TokenSets::Entry& entry = o->sets->entry(o->short_of_base - o->terms.upper[s]);
        v.sure |= entry.sure;
        for (std::uint64_t open = entry.possible & ~entry.sure; open != 0; open &= open - 1) {
            const auto t = static_cast<std::size_t>(__builtin_ctzll(open));
            const TermColumn& last = o->sets->terms();
            if (!(o->upper + o->terms.upper[s] + last.upper[t] < 0)) v.possible |= open & -open;
            if (o->negated_lower + o->terms.negated_lower[s] + last.negated_lower[t] <= 0) {
                v.sure |= open & -open;
            }
        }
    }
    v.possible |= v.sure;
    v.not_right = static_cast<unsigned>(__builtin_popcountll(v.possible));
    v.wrong = static_cast<unsigned>(__builtin_popcountll(v.sure));
    return v;
}

}  // namespace maxcert
