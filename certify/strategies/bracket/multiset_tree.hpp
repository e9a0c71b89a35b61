// The walk over multisets of tokens of one group (SOUNDNESS T5).
#pragma once

#include <cstdint>

#include "certify/strategies/bracket/group_bracket.hpp"
#include "certify/strategies/terms/exact_decider.hpp"

namespace maxcert {

struct TreeLimits {
    double smallest_mass = 0;              ///< nodes of fewer sequences than this are left undecided
    std::uint64_t nodes = 0;               ///< of this group; what is open then is left undecided
    std::uint64_t assignments = 1u << 16;  ///< a multiset with more arrangements is not split over positions
};

/// Fixes how many positions hold m, m-1, … and bounds the rest by its largest and smallest terms; multisets
/// that stay undecided are split over the positions, and single sequences go to the decider.
/// `terms` must be known.
void walk_multisets(const RoundUpward&, const GroupTerms& terms, const TreeLimits& limits,
                    ExactDecider& decider, GroupOutcome& outcome);

}  // namespace maxcert
