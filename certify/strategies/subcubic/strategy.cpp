// One class for the whole family: options choose the tables, the search finds hints, the check counts what
// they prove (SOUNDNESS T3).
#include <algorithm>
#include <chrono>

#include "certify/proof/registry.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/subcubic/check.hpp"
#include "certify/strategies/subcubic/search.hpp"
#include "certify/strategies/subcubic/tables.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What the proved cells would hold with gap 1 beyond what they prove; the rest is lost with whole cells.
Count dropped_by_gaps(const Shape& shape, const SubcubicHints& hints, const SubcubicVerdicts& verdicts) {
    return count_proved(shape, std::vector<std::uint32_t>(hints.gaps.size(), 1), verdicts) -
           count_proved(shape, hints.gaps, verdicts);
}

CheckResult check_hints(Model& model, const SubcubicOptions& options, const SubcubicHints& hints,
                        const Options& run) {
    const Shape& shape = model.shape();
    CheckResult result;
    if (shape.d_vocab == 1) {  // no other output: the one sequence is right
        result.correct = 1;
        return result;
    }
    const SubcubicDecision d = decide_subcubic(model, options, hints, run);
    const SubcubicVerdicts& verdicts = d.verdicts;
    result.bits_used = d.stats.bits_used;
    result.correct = count_proved(shape, hints.gaps, verdicts);
    result.figures["err_max"] = d.err_max;
    result.figures["cells"] = verdicts.cells.size() + verdicts.constants.size();
    result.figures["cells_proved"] =
        std::count(verdicts.cells.begin(), verdicts.cells.end(), Verdict::proved) +
        std::count(verdicts.constants.begin(), verdicts.constants.end(), Verdict::proved);
    result.figures["escalated"] = d.stats.escalated;
    result.figures["mpfr_operations"] = d.mpfr_operations;
    const Count by_gaps = dropped_by_gaps(shape, hints, verdicts);
    const Count by_cells = power(shape.d_vocab, shape.n_ctx) - result.correct - by_gaps;
    result.figures["dropped_by_gaps"] = by_gaps.get_str();
    result.figures["dropped_with_cells"] = by_cells.get_str();
    return result;
}

class Subcubic : public Strategy {
  public:
    explicit Subcubic(const SubcubicOptions& o)
        : Strategy(
              {strategy_name(o), family_of(o), group_of(o), complexity_of(o), summary_of(o), in_paper(o)}),
          options_(o) {}

    Proof prove(Model& model, const Options& run) const override {
        Proof proof;
        auto start = std::chrono::steady_clock::now();
        const SubcubicHints hints = search_subcubic(model, options_, run.margin);
        proof.search_s = seconds_since(start);
        start = std::chrono::steady_clock::now();
        proof.result = check_hints(model, options_, hints, run);
        proof.check_s = seconds_since(start);
        proof.result.figures["sigma_ratio"] = directions_of(model).sigma_ratio;
        proof.hints = hints_to_json(hints, options_);
        return proof;
    }

    CheckResult check(Model& model, const Json& hints, const Options& run) const override {
        return check_hints(model, options_, hints_from_json(hints, options_, model.shape()), run);
    }

    std::optional<std::uint64_t> proof_flops(Model& model, const Proof& proof) const override {
        if (model.shape().d_vocab == 1) return 0;
        const SubcubicHints hints = hints_from_json(proof.hints, options_, model.shape());
        TableCache<Counting> bench(model);
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
