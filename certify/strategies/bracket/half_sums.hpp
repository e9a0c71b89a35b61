// How many sequences of a group let an output win, alone or together with another one: by meeting in the
// middle (SOUNDNESS T5b, "Several outputs").
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// A number of sequences: at least, and at most.
struct CountRange {
    Count least = 0, most = 0;
};

/// Of outputs by their index in GroupTerms::wins. Needs no finite terms: what overflows stays unknown.
struct HalfSumCounts {
    std::vector<CountRange> alone;     ///< as `outputs` orders them; all is possible for one in no pair
    std::vector<CountRange> together;  ///< as `pairs` orders them
};

/// Two indices into `outputs`.
using OutputPair = std::array<std::size_t, 2>;

/// Fillings of the larger half of the positions; 0 if they are too many to be enumerated.
std::size_t fillings_of_half(const Group& group);

/// Nothing if a sum may overflow, or once `expired` says so. `work` grows by the operations spent.
std::optional<HalfSumCounts> count_by_halves(const GroupTerms& terms, const std::vector<std::size_t>& outputs,
                                             const std::vector<OutputPair>& pairs, std::uint64_t& work,
                                             const std::function<bool()>& expired);

}  // namespace maxcert
