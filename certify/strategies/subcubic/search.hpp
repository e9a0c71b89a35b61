// Finds the hints of a subcubic certificate in plain doubles. Untrusted: the check decides.
#pragma once

#include "certify/proof/checker.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/subcubic/hints.hpp"

namespace maxcert {

/// Gaps (for every cell the smallest that passes), directions and average attention. `complete` tells whether
/// every cell was searched before the TimeLimit passed; the hints are well-formed in any case.
SubcubicHints search_subcubic(Model& model, const SubcubicOptions& options, const Margin& margin,
                              bool* complete = nullptr);

/// The gaps and average attention for the directions that `hints` holds; false if the TimeLimit passed.
bool search_cells(Model& model, const SubcubicOptions& options, const Margin& margin, SubcubicHints& hints);

/// w of the direct option; empty where it has none.
std::vector<double> query_direction(const Directions& directions, Direct direct);

}  // namespace maxcert
