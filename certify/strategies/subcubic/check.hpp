// Runs the subcubic check: double intervals first, then MPFR for what they leave open.
#pragma once

#include "certify/proof/checker.hpp"
#include "certify/strategies/subcubic/cell_verdict.hpp"
#include "certify/strategies/subcubic/hints.hpp"

namespace maxcert {

struct SubcubicDecision {
    SubcubicVerdicts verdicts;
    std::uint64_t escalated = 0;  ///< cells that double intervals left open
    long bits_used = 53;
    std::uint64_t mpfr_operations = 0;
    bool complete = true;  ///< false: a TimeLimit passed, and cells are open that were not looked at
    double err_max = 0;    ///< upper bound of the largest unexplained range of a query, unscaled
};

/// d_vocab >= 2. The hints have the lengths that hints_from_json asks for; their values are not trusted.
SubcubicDecision decide_subcubic(Model& model, const SubcubicOptions& options, const SubcubicHints& hints,
                                 const CheckOptions& run);

/// What the hints prove. They have the lengths that hints_from_json asks for; their values are not trusted.
CheckResult check_subcubic(Model& model, const SubcubicOptions& options, const SubcubicHints& hints,
                           const CheckOptions& run);

void add_subcubic_checkers(CheckerList& list);

}  // namespace maxcert
