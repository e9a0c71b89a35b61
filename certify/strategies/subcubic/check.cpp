// Double intervals decide nearly every cell; the few open ones are decided again from tables in MPFR at
// rising precision.
#include "certify/strategies/subcubic/check.hpp"

#include <algorithm>

#include "certify/strategies/subcubic/tables.hpp"

namespace maxcert {
namespace {

/// Decides what is open in N and tells the largest error; a function of its own, so that no operation
/// moves across the change of rounding mode.
template <class N>
[[gnu::noinline]] double decide_in(TableCache<N>& bench, const SubcubicOptions& options,
                                   const SubcubicHints& hints, const Margin& margin,
                                   SubcubicVerdicts& verdicts) {
    const CellTables<N> tables = gather_tables(bench, options, hints, margin);
    decide_open_cells(tables, bench.shape(), hints.gaps, verdicts);
    return upper_double(tables.max_error[0]);
}

std::uint64_t count_open(const SubcubicVerdicts& v) {
    return static_cast<std::uint64_t>(std::count(v.cells.begin(), v.cells.end(), Verdict::open) +
                                      std::count(v.constants.begin(), v.constants.end(), Verdict::open));
}

}  // namespace

SubcubicDecision decide_subcubic(Model& model, const SubcubicOptions& options, const SubcubicHints& hints,
                                 const Options& run) {
    SubcubicDecision d{SubcubicVerdicts(model.shape()), {}, 0, 0};
    bool mpfr = run.arithmetic == Arithmetic::mpfr;
    if (!mpfr) {
        const RoundUpward up;
        TableCache<Interval> bench(model);
        d.err_max = decide_in(bench, options, hints, run.margin, d.verdicts);
        d.stats.escalated = count_open(d.verdicts);
        // A box of models stays undecided at any precision: its weights are intervals.
        mpfr = d.stats.escalated > 0 && model.radius().is_zero();
    }
    for (long bits = 128; mpfr; bits *= 2) {
        bits = std::min(bits, run.max_bits);
        const WorkingPrecision precision(bits);
        TableCache<MpfrInterval> bench(model);
        const double error = decide_in(bench, options, hints, run.margin, d.verdicts);
        if (run.arithmetic == Arithmetic::mpfr && d.stats.bits_used == 53) d.err_max = error;
        d.mpfr_operations += bench.work();
        d.stats.bits_used = bits;
        mpfr = bits < run.max_bits && count_open(d.verdicts) > 0;
    }
    d.stats.left_open = count_open(d.verdicts);
    return d;
}

}  // namespace maxcert
