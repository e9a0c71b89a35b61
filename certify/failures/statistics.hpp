// Where a model fails, as counts for the report.
#pragma once

#include "certify/failures/failures.hpp"
#include "data/base/json.hpp"

namespace maxcert {

/// Of the wrong sequences how many have each maximum and each query ([d_vocab]), each gap between the maximum
/// and the next smaller token in the sequence ([d_vocab], 0 where all tokens are equal), and each number of
/// copies of the maximum
/// ([n_ctx + 1], 0 never occurs); with `wrong`, `undecided` and `every` as in the list.
Json failure_statistics(const FailureList& list, const Shape& shape);

}  // namespace maxcert
