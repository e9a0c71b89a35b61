// How many fillings have constant + Σ terms >= 0, for one event or for two at once, by convolution on a grid
// (SOUNDNESS T5b).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/strategies/bracket/grid/axis.hpp"

namespace maxcert {

/// Of the fillings in which every one of `events`, one or two, happens. `grid`: about how many steps the sums
/// of each that may reach 0 are divided into; more cost more and lose less. Of ends that are not wanted
/// nothing is said. `work` grows by the operations spent.
CountRange count_on_grid(const RoundUpward& up, const Fillings& fillings,
                         const std::vector<const Event*>& events, const Ends<bool>& wanted, std::size_t grid,
                         std::uint64_t& work);

}  // namespace maxcert
