// Evaluates every group by the certificate's plan (SOUNDNESS T5, T5b) and adds the brackets up. Any plan is
// sound.
#include "certify/strategies/bracket/check.hpp"

#include "certify/arithmetic/counting.hpp"
#include "certify/model/paths.hpp"
#include "data/base/ratio.hpp"

namespace maxcert {

CheckResult bracket_result(const BracketEvaluator& evaluator, const std::vector<GroupOutcome>& outcomes,
                           const Count& total) {
    Bracket all;
    std::uint64_t work = 0, nodes = 0, escalated = 0;
    for (const GroupOutcome& g : outcomes) {
        all.right += g.bracket.right, all.upper += g.bracket.upper;
        work += g.terms_work + g.work, nodes += g.nodes, escalated += g.escalated;
    }
    CheckResult f;
    f.correct = all.right;
    f.upper = all.upper;
    f.bits_used = evaluator.bits_used();
    f.figures = {{"width", ratio_rounded_down(all.width(), total)},
                 {"nodes", nodes},
                 {"work", work},
                 {"escalated", escalated},
                 {"groups", outcomes.size()}};
    return f;
}

namespace {

class BracketChecker : public Checker {
  public:
    explicit BracketChecker(const char* name) : Checker({name, name, "bracket", false}) {}

    CheckResult check(Model& model, const Json& hints, const CheckOptions& options) const override {
        BracketEvaluator evaluator(model, options);
        const BracketPlan plan = BracketPlan::from_json(hints, evaluator.groups());
        std::vector<GroupOutcome> outcomes = evaluator.nothing_known();
        const bool complete = evaluator.evaluate(plan, outcomes);
        CheckResult f =
            bracket_result(evaluator, outcomes, power(model.shape().d_vocab, model.shape().n_ctx));
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
