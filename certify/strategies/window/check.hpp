// The trusted part of the window strategies: counts the sequences that a claim proves (SOUNDNESS T5c).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "certify/proof/checker.hpp"
#include "certify/strategies/window/pair_terms.hpp"

namespace maxcert {

/// Double intervals, and MPFR for the pairs with undecided cells.
CheckResult check_window(Model& model, const WindowClaim& claim, const CheckOptions& options);

/// Operations of the verifier other than those of each pair: products, tables, bounds that pairs share.
std::uint64_t window_table_flops(Model& model, const WindowClaim& claim);

/// One strategy of the family: the same window for every pair, or (0) one chosen for each.
struct WindowVariant {
    unsigned window;
    QkError error;
    std::string name;  ///< window/4, window/adaptive/svd, ...
};

/// All of them, in the order of `maxcert strategies`.
std::vector<WindowVariant> window_family();

void add_window_checkers(CheckerList& list);

}  // namespace maxcert
