// The walk over multisets of tokens of one group (THEORY T5).
#pragma once

#include <cstdint>

#include "certify/strategies/brute_force_referee.hpp"
#include "certify/strategies/group_bracket.hpp"

namespace maxcert {

struct TreeLimits {
    double smallest_mass = 0;              ///< nodes of fewer sequences than this are left undecided
    std::uint64_t nodes = 0;               ///< of this group; what is open then is left undecided
    std::uint64_t assignments = 1u << 16;  ///< a multiset with more arrangements is not split over positions
};

struct TreeResult {
    Bracket bracket;
    std::uint64_t nodes = 0, escalated = 0;
    std::uint64_t work = 0;  ///< sums extended or compared: floating operations
};

/// Fixes how many positions hold m, m-1, … and bounds the rest by its largest and smallest terms; multisets
/// that stay undecided are split over the positions, and single sequences go to the referee. Needs
/// RoundUpward. `terms` must be known.
TreeResult walk_multisets(const GroupTerms& terms, const TreeLimits& limits, Referee& referee);

}  // namespace maxcert
