// The trusted part of the window strategies: counts the sequences that a plan proves (THEORY T5c).
#pragma once

#include <cstdint>
#include <vector>

#include "certify/strategies/window_partition.hpp"
#include "certify/strategies/window_scores.hpp"
#include "certify/strategy.hpp"

namespace maxcert {

/// What one (query, maximum) pair yields.
struct PairFinding {
    Count proved = 0;
    std::uint64_t cells = 0, operations = 0;  ///< of the walk over the cells
    bool open = false;                        ///< a cell that this arithmetic could not decide
};

/// Runs every pair of the plan in double intervals only: what a search needs to compare plans.
std::vector<PairFinding> window_pairs(Subject& subject, const WindowScores& scores, const WindowPlan& plan,
                                      const Options& options);

/// The check: double intervals, and MPFR for the pairs with undecided cells.
Finding check_window(Subject& subject, const WindowScores& scores, const WindowPlan& plan,
                     const Options& options);

/// Operations of the verifier other than the walk over the cells: products, tables, terms of each pair.
std::uint64_t window_table_flops(Subject& subject, const WindowScores& scores, const WindowPlan& plan);

}  // namespace maxcert
