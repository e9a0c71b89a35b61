// The walk over the positions of a group's heaviest tokens, with tables for the lighter ones (SOUNDNESS T5d).
#pragma once

#include <cstddef>
#include <cstdint>

#include "certify/strategies/bracket/group_bracket.hpp"

namespace maxcert {

/// How far to go; any values are sound.
struct HeavyEffort {
    double open_mass = 0;  ///< nodes that leave at most this many sequences open are not split
    std::size_t bins = 96;
    double class_ratio = 1;  ///< of positions in the tables: 1 keeps all apart
    /// Once the floating operations exceed these, nothing is split and no table made any more.
    std::uint64_t work = ~std::uint64_t{0};
    std::size_t table_entries = std::size_t{1} << 25;
};

/// Levels of effort, each with a tenth of the open mass of the one before. `sequences`: of the whole model.
constexpr int kLastHeavyLevel = 6;
HeavyEffort heavy_effort(int level, std::size_t positions, double sequences);

/// `terms` must be known; nothing is found out where there are too many sequences or positions to count.
void walk_heavy_tokens(const RoundUpward& up, const GroupTerms& terms, const HeavyEffort& effort,
                       GroupOutcome& outcome);

}  // namespace maxcert
