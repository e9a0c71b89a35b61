#include <algorithm>
#include <chrono>

#include "certify/strategies/families.hpp"
#include "certify/strategies/subcubic_directions.hpp"
#include "certify/strategies/subcubic_search.hpp"
#include "certify/strategies/subcubic_tables.hpp"
#include "data/errors.hpp"

namespace maxcert {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Decides what is open in N and tells the largest error; a function of its own, so that no operation
/// moves across the change of rounding mode.
template <class N>
[[gnu::noinline]] double decide_in(Workbench<N>& bench, const SubcubicOptions& options,
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

/// What the cells would hold with gap 1 beyond what they prove, for the cells that pass.
Count dropped_by_gaps(const Shape& shape, const SubcubicHints& hints, const SubcubicVerdicts& verdicts) {
    return count_proved(shape, std::vector<std::uint32_t>(hints.gaps.size(), 1), verdicts) -
           count_proved(shape, hints.gaps, verdicts);
}

Finding check_hints(Subject& subject, const SubcubicOptions& options, const SubcubicHints& hints,
                    const Options& run) {
    const Shape& shape = subject.shape();
    Finding finding;
    if (shape.d_vocab == 1) {  // no other output: the one sequence is right
        finding.correct = 1;
        return finding;
    }
    SubcubicVerdicts verdicts(shape);
    std::uint64_t escalated = 0, mpfr_work = 0;
    double err_max = 0;
    if (run.arithmetic == Arithmetic::filtered) {
        const RoundUpward up;
        Workbench<Interval> bench(subject);
        err_max = decide_in(bench, options, hints, run.margin, verdicts);
        escalated = count_open(verdicts);
    }
    // A box of models stays undecided at any precision: its weights are intervals.
    const bool mpfr = run.arithmetic == Arithmetic::mpfr;
    const bool escalate = mpfr || (escalated > 0 && subject.radius().is_zero());
    for (long bits = 128; escalate && (mpfr || count_open(verdicts) > 0); bits *= 2) {
        bits = std::min(bits, run.max_bits);
        const WorkingPrecision precision(bits);
        Workbench<MpfrInterval> bench(subject);
        const double error = decide_in(bench, options, hints, run.margin, verdicts);
        if (mpfr && err_max == 0) err_max = error;
        mpfr_work += bench.work();
        finding.bits_used = bits;
        if (bits >= run.max_bits || count_open(verdicts) == 0) break;
    }
    finding.correct = count_proved(shape, hints.gaps, verdicts);
    finding.figures["err_max"] = err_max;
    finding.figures["cells"] = verdicts.cells.size() + verdicts.constants.size();
    finding.figures["cells_proved"] =
        std::count(verdicts.cells.begin(), verdicts.cells.end(), Verdict::proved) +
        std::count(verdicts.constants.begin(), verdicts.constants.end(), Verdict::proved);
    finding.figures["escalated"] = escalated;
    finding.figures["mpfr_operations"] = mpfr_work;
    finding.figures["dropped_by_gaps"] = dropped_by_gaps(shape, hints, verdicts).get_str();
    return finding;
}

class Subcubic : public Strategy {
  public:
    explicit Subcubic(const SubcubicOptions& o)
        : Strategy({strategy_name(o), group_of(o), complexity_of(o), summary_of(o), in_paper(o)}),
          options_(o) {}

    Proof prove(Subject& subject, const Options& run) const override {
        Proof proof;
        auto start = std::chrono::steady_clock::now();
        const SubcubicHints hints = search_subcubic(subject, options_, run.margin);
        proof.search_s = seconds_since(start);
        start = std::chrono::steady_clock::now();
        proof.finding = check_hints(subject, options_, hints, run);
        proof.check_s = seconds_since(start);
        proof.finding.figures["sigma_ratio"] = directions_of(subject).sigma_ratio;
        proof.hints = hints_to_json(hints, options_);
        return proof;
    }

    Finding check(Subject& subject, const Json& hints, const Options& run) const override {
        return check_hints(subject, options_, hints_from_json(hints, options_, subject.shape()), run);
    }

    std::optional<std::uint64_t> proof_flops(Subject& subject, const Proof& proof) const override {
        if (subject.shape().d_vocab == 1) return 0;
        const SubcubicHints hints = hints_from_json(proof.hints, options_, subject.shape());
        Workbench<Counting> bench(subject);
        SubcubicVerdicts verdicts(subject.shape());
        const CellTables<Counting> tables = gather_tables(bench, options_, hints, Margin());
        decide_open_cells(tables, subject.shape(), hints.gaps, verdicts);
        return bench.work();
    }

    std::optional<std::uint64_t> unexplained_dimension(const Shape& shape) const override {
        return unexplained_dimension_of(options_, shape);
    }

  private:
    SubcubicOptions options_;
};

}  // namespace

void add_subcubic(StrategyList& list) {
    for (const QkError error : kQkErrors) {
        for (const Direct direct : kDirects) {
            for (const AttentionBound attention : kAttentionBounds) {
                list.push_back(std::make_unique<Subcubic>(SubcubicOptions{direct, attention, error}));
            }
        }
    }
}

}  // namespace maxcert
