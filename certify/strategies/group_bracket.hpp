// How many sequences of a group are right: at least, and at most.
#pragma once

#include <functional>
#include <optional>

#include "certify/strategies/group_terms.hpp"

namespace maxcert {

struct Bracket {
    Count right = 0, upper = 0;

    Count width() const { return upper - right; }
    /// What both establish.
    void intersect(const Bracket& o) {
        if (o.right > right) right = o.right;
        if (o.upper < upper) upper = o.upper;
    }
};

/// Nothing is known: any number of the group's sequences may be right.
inline Bracket open_bracket(const Group& group) {
    return {0, group.size()};
}

/// Grid steps of a level of refinement.
constexpr std::size_t grid_of_level(int level) {
    return std::size_t{32} << (2 * level);
}
constexpr int kLastLevel = 6;

/// By convolution (THEORY T5b): union and joint bounds over the outputs that may win. `terms` must be known.
/// Nothing once `expired` says so.
std::optional<Bracket> convolution_bracket(const GroupTerms& terms, int level, std::uint64_t& work,
                                           const std::function<bool()>& expired);

}  // namespace maxcert
