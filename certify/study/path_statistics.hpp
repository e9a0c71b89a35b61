// What each path does on its own: copying, preference for larger tokens, and the sizes of the error terms.
#pragma once

#include "certify/study/double_paths.hpp"
#include "data/base/json.hpp"

namespace maxcert {

/// How EVOU copies: share of rows whose largest entry is the diagonal, and the copying margin, diagonal minus
/// the largest other entry (`smallest`, `mean`, `std`).
Json evou_statistics(const DoublePaths& paths);

/// How attention prefers the larger token: over all queries, the share of pairs t < m with a higher score at
/// m, of neighbours t = m-1 alone, and the mean score gained per step.
Json attention_statistics(const DoublePaths& paths);

/// Of each path the smallest, mean and largest range (max - min) over its rows.
Json row_range_statistics(const DoublePaths& paths);

}  // namespace maxcert
