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

/// What is established of one group, and what it cost.
struct GroupOutcome {
    Bracket bracket;
    std::uint64_t terms_work = 0;  ///< operations of the group's terms; 0: it was not looked at
    std::uint64_t work = 0;        ///< of all that was done with them
    std::uint64_t nodes = 0, escalated = 0;
    std::uint64_t cut = 0;  ///< where the TimeLimit ended the tree: the node limit that gives the same; or 0
    std::size_t outputs = 0;  ///< that may win; 0: there is nothing more to find out
};

/// What follows from counts of the group's wrong sequences.
Bracket bracket_of_wrong(const Group& group, const CountRange& wrong);

/// The last level of refinement: each has four times the work, and the first ones more parts.
constexpr int kLastLevel = 7;

/// By convolution (SOUNDNESS T5b): union and joint bounds over the outputs that may win. `terms` must be
/// known. `work` grows by the operations spent.
Bracket convolution_bracket(const RoundUpward& up, const GroupTerms& terms, int level, std::uint64_t& work);

}  // namespace maxcert
