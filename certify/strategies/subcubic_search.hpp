// Finds the hints of a subcubic certificate in plain doubles. Untrusted: the check decides.
#pragma once

#include "certify/strategies/subcubic_hints.hpp"
#include "certify/strategy.hpp"

namespace maxcert {

/// Gaps (for every cell the smallest that passes), directions and average attention.
SubcubicHints search_subcubic(Subject& subject, const SubcubicOptions& options, const Margin& margin);

/// The gaps and average attention for the directions that `hints` holds.
void search_cells(Subject& subject, const SubcubicOptions& options, const Margin& margin,
                  SubcubicHints& hints);

}  // namespace maxcert
