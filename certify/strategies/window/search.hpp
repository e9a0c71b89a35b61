// Chooses a window for every (query, maximum) pair, in plain doubles. Untrusted: the check decides.
#pragma once

#include "certify/proof/prover.hpp"
#include "certify/strategies/window/check.hpp"

namespace maxcert {

/// For every pair the partition that proves most for its price, or none: an operation has to bring 1e-8 of
/// all sequences, so that one per mille of the bound costs at most 100,000 operations.
WindowPlan search_windows(Model& model, QkError error, const ScoreHints& score, const SearchOptions& options);

}  // namespace maxcert
