// The walk over the positions of a group's heaviest tokens, with tables for the lighter ones (SOUNDNESS T5d).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "certify/strategies/bracket/group_bracket.hpp"

namespace maxcert {

/// How far to go; any values are sound.
struct HeavyEffort {
    double open_mass = 0;  ///< nodes that leave at most this many sequences open are not split
    std::size_t bins = 96;
    double class_ratio = 1;                        ///< of positions in the tables: 1 keeps all apart
    std::uint64_t nodes = std::uint64_t{1} << 32;  ///< beyond them none is split
    std::size_t table_entries = std::size_t{1} << 26;
};

struct HeavyResult {
    Bracket bracket;
    std::uint64_t nodes = 0;
    std::uint64_t work = 0;  ///< floating operations
};

/// Needs RoundUpward. `terms` must be known. Nothing once `expired`, which is asked now and then, says so.
std::optional<HeavyResult> walk_heavy_tokens(const GroupTerms& terms, const HeavyEffort& effort,
                                             const std::function<bool()>& expired);

}  // namespace maxcert
