// Accuracy without some of the paths, counted over every sequence. Unlike the rest of the study, proved.
#pragma once

#include "certify/model/model.hpp"
#include "certify/strategies/brute_force/walk.hpp"
#include "certify/study/double_paths.hpp"

namespace maxcert {

/// Sequences that the model gets right when the paths in `zeroed` (bits of Path) are set to zero: `right` and
/// `wrong` are proved from the enclosures of the other paths, `open` were too close for double intervals.
/// d_vocab^n_ctx must fit in 63 bits. At 64^4 sequences milliseconds where few or nearly all are right, and
/// tenths of a second without EQKE.
WalkCounts count_ablated(Model& model, unsigned zeroed, unsigned threads);

}  // namespace maxcert
