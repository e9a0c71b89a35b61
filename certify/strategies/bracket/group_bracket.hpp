// How many sequences of a group are right: at least, and at most.
#pragma once

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

/// The last level of refinement: each has a finer grid, and the first ones more parts.
constexpr int kLastLevel = 7;

/// By convolution (SOUNDNESS T5b): union and joint bounds over the outputs that may win. `terms` must be
/// known. `work` grows by the operations spent.
Bracket convolution_bracket(const RoundUpward& up, const GroupTerms& terms, int level, std::uint64_t& work);

}  // namespace maxcert
