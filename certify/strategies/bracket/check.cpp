// Evaluates every group by the certificate's plan (SOUNDNESS T5, T5b) and adds the brackets up. Any plan is
// sound.
#include "certify/strategies/bracket/check.hpp"

#include <numeric>

#include "certify/arithmetic/counting.hpp"
#include "certify/model/paths.hpp"
#include "data/base/count_conversions.hpp"

namespace maxcert {

std::vector<std::size_t> every_group(const BracketEvaluator& evaluator) {
    std::vector<std::size_t> all(evaluator.groups());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::function<bool()> expiry(const Runtime& runtime) {
    return [deadline = runtime.deadline()] { return stop_requested() || deadline.passed(); };
}

CheckResult bracket_result(const BracketEvaluator& evaluator, const BracketTotals& totals,
                           const Count& total) {
    CheckResult f;
    f.correct = totals.all.right;
    f.upper = totals.all.upper;
    f.bits_used = evaluator.bits_used();
    f.figures = {{"width", ratio_rounded_down(totals.all.upper - totals.all.right, total)},
                 {"nodes", totals.nodes},
                 {"work", totals.work},
                 {"escalated", totals.escalated},
                 {"groups", totals.groups.size()}};
    return f;
}

namespace {

class BracketChecker : public Checker {
  public:
    explicit BracketChecker(const char* name) : Checker({name, name, "bracket", false}) {}

    CheckResult check(Model& model, const Json& hints, const CheckOptions& options) const override {
        BracketEvaluator evaluator(model, options);
        const BracketPlan plan = BracketPlan::from_json(hints, evaluator.groups());
        BracketTotals totals = evaluator.nothing_known();
        const bool complete = evaluator.evaluate(plan, every_group(evaluator), totals, expiry(options));
        CheckResult f = bracket_result(evaluator, totals, power(model.shape().d_vocab, model.shape().n_ctx));
        f.complete = complete;
        return f;
    }

    /// The products, each query's tables, and what the check of the groups really did.
    std::optional<std::uint64_t> proof_flops(Model& model, const Json&,
                                             const CheckResult& result) const override {
        const std::uint64_t before = Counting::operations();
        const auto paths = multiply_paths({}, model.weight_matrices<Counting>());
        static_cast<void>(paths);
        const std::uint64_t products = Counting::operations() - before;
        return products + model.shape().d_vocab * query_table_flops(model.shape()) +
               result.figures.value("work", std::uint64_t{0});
    }
};

}  // namespace

void add_bracket_checkers(CheckerList& list) {
    list.push_back(std::make_unique<BracketChecker>("multiset"));
    list.push_back(std::make_unique<BracketChecker>("convolution"));
}

}  // namespace maxcert
