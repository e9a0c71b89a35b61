// The checkers of multiset and convolution.
#pragma once

#include <functional>
#include <vector>

#include "certify/proof/checker.hpp"
#include "certify/strategies/bracket/plan.hpp"

namespace maxcert {

/// The indices of all groups.
std::vector<std::size_t> every_group(const BracketEvaluator& evaluator);

/// Tells when the time is over or a stop was requested, counted from now.
std::function<bool()> expiry(const Runtime& runtime);

/// The totals of all groups as a result; `total` is the number of all sequences.
CheckResult bracket_result(const BracketEvaluator& evaluator, const BracketTotals& totals,
                           const Count& total);

void add_bracket_checkers(CheckerList& list);

}  // namespace maxcert
