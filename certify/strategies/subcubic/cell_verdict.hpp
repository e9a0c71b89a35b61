// The check of the subcubic family: which cells hold (SOUNDNESS T3), decided in any number type.
#pragma once

#include <vector>

#include "certify/model/table_cache.hpp"
#include "certify/proof/escalation.hpp"
#include "certify/strategies/subcubic/attention.hpp"
#include "certify/strategies/subcubic/cells.hpp"
#include "certify/strategies/subcubic/logit_bounds.hpp"

namespace maxcert {

/// All that the bound of a cell is made of. The references live as long as the model.
template <class N>
struct CellTables {
    const PositionRatios<N>& positions;
    const ScoreFactors<N>& scores;
    const Matrix<N>& far;             ///< W at (m - g, 0), or at (m - g, m) where it is centred
    const Matrix<N>& spread;          ///< r at (q, 0), or at (q, m)
    const std::vector<N>& constant;   ///< largest logit difference of the constant sequence of m
    const std::vector<N>& max_error;  ///< one entry: the largest error over the queries
    LogitBounds<N> logits;
    N margin;
};

/// Decides "h(a) + (1 - a) W + r + margin < 0 for every a that a sequence of the cell can have". Times
/// 1 / a > 0, each line of h is linear in the odds (1 - a)/a, so both ends of the odds settle it.
template <class N, class Rules = CellRules>
Verdict cell_verdict(const CellTables<N>& t, const Cell& c, std::uint32_t gap) {
    const std::size_t far = c.m - gap;
    const N& W = t.far(far, t.far.columns() == 1 ? 0 : c.m);
    const N direct = t.spread(c.q, t.spread.columns() == 1 ? 0 : c.m) + t.margin;
    const N others = W + direct;
    const std::array<N, 2> odds = attention_odds(t.positions, t.scores, c.q, c.m, c.n, far);
    const Line<N>* line = t.logits.at(c.m, c.n);
    Verdict verdict = Verdict::proved;
    for (std::size_t i = 0; i < t.logits.per_cell; ++i) {
        const N at_one = line[i].at_one + direct, at_zero = line[i].at_zero + others;
        for (std::size_t end = 0; end < (Rules::kBothEnds ? 2 : 1); ++end) {
            const Verdict here = sign_verdict(at_one + odds[end] * at_zero);
            if (here == Verdict::refuted) return here;
            if (here == Verdict::open) verdict = here;
        }
    }
    return verdict;
}

struct SubcubicVerdicts {
    std::vector<Verdict> cells;      ///< in the order of for_each_cell
    std::vector<Verdict> constants;  ///< by m

    explicit SubcubicVerdicts(const Shape& s)
        : cells(number_of_cells(s), Verdict::open), constants(s.d_vocab, Verdict::open) {}
};

/// Decides what is still open. A gap that makes no cell is refuted, 0 among them: it claims nothing.
template <class N, class Rules = CellRules>
void decide_open_cells(const CellTables<N>& t, const Shape& shape, const std::vector<std::uint32_t>& gaps,
                       SubcubicVerdicts& verdicts) {
    for_each_cell(shape, [&](std::size_t i, const Cell& cell) {
        if (i % 32 == 0) checkpoint(32 * 16);
        if (verdicts.cells[i] != Verdict::open) return;
        verdicts.cells[i] =
            Rules::admits(shape, cell, gaps[i]) ? cell_verdict<N, Rules>(t, cell, gaps[i]) : Verdict::refuted;
    });
    for (std::size_t m = 0; m < shape.d_vocab; ++m) {
        if (verdicts.constants[m] == Verdict::open) {
            verdicts.constants[m] = sign_verdict(t.constant[m] + t.margin);
        }
    }
}

/// How many sequences the proved cells and constant sequences are. `gaps` has an entry for each cell.
template <class Rules = CellRules, class Gaps>
Count count_proved(const Shape& shape, const Gaps& gaps, const SubcubicVerdicts& verdicts) {
    CellCounter counter(shape);
    for_each_cell(shape, [&](std::size_t i, const Cell& cell) {
        if (verdicts.cells[i] == Verdict::proved) counter.add(cell, Rules::choices(cell, gaps[i]));
    });
    Count constants = 0;
    for (const Verdict verdict : verdicts.constants) constants += verdict == Verdict::proved ? 1 : 0;
    return counter.total() + constants;
}

}  // namespace maxcert
