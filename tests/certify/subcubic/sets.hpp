// The sequences that cells of the cubic and subcubic families claim, written out one by one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "certify/strategies/subcubic/cell_verdict.hpp"
#include "tests/support/exhaustive.hpp"

namespace maxcert::testing {

/// Calls visit with every sequence whose last token is q, with tokens of `others` in `n_others` of the
/// other positions and m in the rest.
void for_each_sequence(const Shape& shape, std::uint32_t q, std::uint32_t m, std::uint32_t n_others,
                       const std::vector<std::uint32_t>& others,
                       const std::function<void(const std::vector<std::uint32_t>&)>& visit);

/// What a set of claims comes to, against the truth.
struct Containment {
    std::uint64_t claimed = 0;    ///< sequences, each time it is claimed
    std::uint64_t twice = 0;      ///< claimed more than once
    std::uint64_t not_max = 0;    ///< claimed in a cell whose m is not its largest token
    std::uint64_t not_right = 0;  ///< claimed, but not right
    std::string first;            ///< the first bad one, in words
    bool holds() const { return twice == 0 && not_max == 0 && not_right == 0; }
};

/// Collects claims and compares them with the truth.
class ClaimedSet {
  public:
    ClaimedSet(const Shape& shape, const Exhaustive& truth)
        : shape_(shape), truth_(truth), seen_(truth.total()) {}
    void claim(const std::vector<std::uint32_t>& tokens, std::uint32_t m);
    const Containment& containment() const { return result_; }

  private:
    Shape shape_;
    const Exhaustive& truth_;
    std::vector<bool> seen_;
    Containment result_;
};

/// The proved cells of a subcubic decision: n others chosen from 0 .. m - gap.
template <class Rules = CellRules>
Containment expand(const Shape& s, const std::vector<std::uint32_t>& gaps, const SubcubicVerdicts& verdicts,
                   const Exhaustive& truth) {
    ClaimedSet set(s, truth);
    for_each_cell(s, [&](std::size_t i, const Cell& c) {
        if (verdicts.cells[i] != Verdict::proved) return;
        std::vector<std::uint32_t> others;
        for (std::uint32_t t = 0; t < Rules::choices(c, gaps[i]); ++t) others.push_back(t);
        for_each_sequence(s, c.q, c.m, free_positions(c), others,
                          [&](const std::vector<std::uint32_t>& tokens) { set.claim(tokens, c.m); });
    });
    for (std::uint32_t m = 0; m < s.d_vocab; ++m) {
        if (verdicts.constants[m] == Verdict::proved) set.claim(std::vector<std::uint32_t>(s.n_ctx, m), m);
    }
    return set.containment();
}

}  // namespace maxcert::testing
