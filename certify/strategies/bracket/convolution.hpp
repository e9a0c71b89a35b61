// How many fillings have constant + Σ terms >= 0, by convolution on a grid (SOUNDNESS T5b).
#pragma once

#include <cstddef>

#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// At least as many as there are. `grid`: about how many steps the sums that may reach 0 are divided into;
/// more cost more and lose less. `work` grows by the operations spent.
double count_at_most(const Fillings& fillings, const Event& event, std::size_t grid, std::uint64_t& work);

/// At most as many as there are.
double count_at_least(const Fillings& fillings, const Event& event, std::size_t grid, std::uint64_t& work);

}  // namespace maxcert
