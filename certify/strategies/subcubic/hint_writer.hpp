// Writes the hints of the subcubic family: the inverse of what its check reads.
#pragma once

#include "certify/strategies/subcubic/hints.hpp"

namespace maxcert {

Json hints_to_json(const SubcubicHints& hints, const SubcubicOptions& options);

}  // namespace maxcert
