// A group's parts are counted one by one, each time the one that promises most for the work (SOUNDNESS T5b).
#include "certify/strategies/bracket/group_bracket.hpp"

#include <algorithm>
#include <cmath>

#include "certify/strategies/bracket/counted_part.hpp"

namespace maxcert {
namespace {

constexpr double kLevelWork = 1e6;  // of the first level of refinement; each has four times as much

}  // namespace

Bracket bracket_of_wrong(const Group& group, const CountRange& wrong) {
    return {group.size() - wrong.most, group.size() - wrong.least};
}

Bracket convolution_bracket(const RoundUpward& up, const GroupTerms& terms, int level, std::uint64_t& work) {
    const auto splits = 2 * static_cast<std::size_t>(std::min(level, 4));
    const std::vector<Part> parts = parts_of(up, terms, splits, work);
    std::vector<CountedPart> counted;
    counted.reserve(parts.size());
    for (const Part& part : parts) counted.emplace_back(up, part, work);
    const double limit = static_cast<double>(work) + (level > 0 ? std::ldexp(kLevelWork, 2 * level) : 0);
    while (static_cast<double>(work) < limit) {
        CountedPart& best = *std::max_element(
            counted.begin(), counted.end(),
            [](const CountedPart& a, const CountedPart& b) { return a.promise() < b.promise(); });
        if (!(best.promise() > 0)) break;
        best.refine(work);
    }
    CountRange wrong;
    for (const CountedPart& part : counted) {
        wrong.least += part.wrong().least;
        wrong.most += part.wrong().most;
    }
    return bracket_of_wrong(terms.group, wrong);
}

}  // namespace maxcert
