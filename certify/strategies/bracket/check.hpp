// The checkers of multiset and convolution.
#pragma once

#include <vector>

#include "certify/proof/checker.hpp"
#include "certify/strategies/bracket/plan.hpp"

namespace maxcert {

/// The outcomes of all groups as a result; `total` is the number of all sequences.
CheckResult bracket_result(const BracketEvaluator& evaluator, const std::vector<GroupOutcome>& outcomes,
                           const Count& total);

void add_bracket_checkers(CheckerList& list);

}  // namespace maxcert
