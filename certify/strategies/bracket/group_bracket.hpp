// How many sequences of a group are right: at least, and at most.
#pragma once

#include <functional>
#include <optional>

#include "certify/strategies/bracket/group_terms.hpp"

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

/// What follows from counts of the group's wrong sequences, at least and at most; either may be infinite.
Bracket bracket_of_wrong(const Group& group, double least, double most);

/// Levels of refinement. The convolution has a finer grid and more parts at each; at kHalvesLevel, groups
/// with several outputs whose halves can be enumerated are counted by halves instead.
constexpr int kHalvesLevel = 7, kLastLevel = 7;
bool counted_by_halves(const GroupTerms& terms, int level);
/// About what that costs.
std::uint64_t work_of_halves(const GroupTerms& terms);

/// By convolution, and by halves (SOUNDNESS T5b): union and joint bounds over the outputs that may win.
/// `terms` must be known. Nothing once `expired` says so.
std::optional<Bracket> convolution_bracket(const RoundUpward& up, const GroupTerms& terms, int level,
                                           std::uint64_t& work, const std::function<bool()>& expired);

}  // namespace maxcert
