// Double intervals decide nearly every cell; the few open ones are decided again from tables in MPFR at
// rising precision.
#include "certify/strategies/subcubic/check.hpp"

#include <algorithm>

#include "certify/arithmetic/counting.hpp"
#include "certify/strategies/subcubic/tables.hpp"
#include "data/base/errors.hpp"

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
                                 const CheckOptions& run) {
    SubcubicDecision d{SubcubicVerdicts(model.shape())};
    bool mpfr = run.arithmetic == Arithmetic::mpfr;
    if (!mpfr) {
        const RoundUpward up;
        TableCache<Interval> bench(up, model);
        d.complete =
            within_time([&] { d.err_max = decide_in(bench, options, hints, run.margin, d.verdicts); });
        d.escalated = count_open(d.verdicts);
        // A box of models stays undecided at any precision: its weights are intervals.
        mpfr = d.complete && d.escalated > 0 && model.radius().is_zero();
    }
    const auto settled = [&](long bits) {
        TableCache<MpfrInterval> bench({}, model);
        double error = 0;
        d.complete = within_time([&] { error = decide_in(bench, options, hints, run.margin, d.verdicts); });
        if (run.arithmetic == Arithmetic::mpfr && d.bits_used == 53) d.err_max = error;
        d.mpfr_operations += bench.work();
        d.bits_used = bits;
        return !d.complete || count_open(d.verdicts) == 0;
    };
    if (mpfr) for_each_precision(run.max_bits, settled);
    return d;
}

namespace {

/// Gap 1 everywhere, without the memory that millions of cells would take.
struct SmallestGaps {
    std::uint32_t operator[](std::size_t) const { return 1; }
};

}  // namespace

CheckResult check_subcubic(Model& model, const SubcubicOptions& options, const SubcubicHints& hints,
                           const CheckOptions& run) {
    const Shape& shape = model.shape();
    CheckResult result;
    if (shape.d_vocab == 1) {  // no other output: the one sequence is right
        result.correct = 1;
        return result;
    }
    const SubcubicDecision d = decide_subcubic(model, options, hints, run);
    const SubcubicVerdicts& verdicts = d.verdicts;
    result.complete = d.complete;
    result.bits_used = d.bits_used;
    result.correct = count_proved(shape, hints.gaps, verdicts);
    result.figures["err_max"] = d.err_max;
    result.figures["cells"] = verdicts.cells.size() + verdicts.constants.size();
    result.figures["cells_proved"] =
        std::count(verdicts.cells.begin(), verdicts.cells.end(), Verdict::proved) +
        std::count(verdicts.constants.begin(), verdicts.constants.end(), Verdict::proved);
    result.figures["escalated"] = d.escalated;
    result.figures["mpfr_operations"] = d.mpfr_operations;
    // What the proved cells would hold with gap 1 beyond what they prove; the rest is lost with whole cells.
    const Count by_gaps = count_proved(shape, SmallestGaps(), verdicts) - result.correct;
    const Count by_cells = power(shape.d_vocab, shape.n_ctx) - result.correct - by_gaps;
    result.figures["dropped_by_gaps"] = by_gaps.get_str();
    result.figures["dropped_with_cells"] = by_cells.get_str();
    return result;
}

namespace {

class SubcubicChecker : public Checker {
  public:
    explicit SubcubicChecker(const SubcubicOptions& o)
        : Checker({strategy_name(o), family_of(o), group_of(o), in_paper(o)}), options_(o) {}

    CheckResult check(Model& model, const Json& hints, const CheckOptions& run) const override {
        return check_subcubic(model, options_, hints_from_json(hints, options_, model.shape()), run);
    }

    std::optional<std::uint64_t> proof_flops(Model& model, const Json& json,
                                             const CheckResult&) const override {
        if (model.shape().d_vocab == 1) return 0;
        const SubcubicHints hints = hints_from_json(json, options_, model.shape());
        TableCache<Counting> bench({}, model);
        SubcubicVerdicts verdicts(model.shape());
        const CellTables<Counting> tables = gather_tables(bench, options_, hints, Margin());
        decide_open_cells(tables, model.shape(), hints.gaps, verdicts);
        return bench.work();
    }

    std::optional<std::uint64_t> unexplained_dimension(const Shape& shape) const override {
        return unexplained_dimension_of(options_, shape);
    }

  private:
    SubcubicOptions options_;
};

}  // namespace

void add_subcubic_checkers(CheckerList& list) {
    for (const SubcubicOptions& options : subcubic_family())
        list.push_back(std::make_unique<SubcubicChecker>(options));
}

}  // namespace maxcert
