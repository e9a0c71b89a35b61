// Counts over a list that is proved: each entry is a number of sequences, not an estimate.
#include "certify/failures/statistics.hpp"

#include <algorithm>

namespace maxcert {

Json failure_statistics(const FailureList& list, const Shape& shape) {
    std::vector<std::uint64_t> maximum(shape.d_vocab), query(shape.d_vocab), gap(shape.d_vocab),
        copies(shape.n_ctx + 1);
    for (const Failure& f : list.wrong) {
        ++maximum[f.maximum];
        ++query[f.tokens.back()];
        ++copies[static_cast<std::size_t>(std::count(f.tokens.begin(), f.tokens.end(), f.maximum))];
        std::uint32_t smallest_gap = 0;
        for (const std::uint32_t t : f.tokens) {
            if (t != f.maximum && (smallest_gap == 0 || f.maximum - t < smallest_gap))
                smallest_gap = f.maximum - t;
        }
        ++gap[smallest_gap];
    }
    return {{"wrong", list.wrong.size()}, {"undecided", list.undecided.size()},
            {"every", list.every},        {"by_maximum", maximum},
            {"by_query", query},          {"by_gap", gap},
            {"by_copies", copies}};
}

}  // namespace maxcert
