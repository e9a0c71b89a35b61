// The multiset and convolution strategies: brackets of the accuracy at any n_ctx (SOUNDNESS T5, T5b,
// T5d).
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "certify/proof/registry.hpp"
#include "certify/proof/stopwatch.hpp"
#include "certify/strategies/bracket/check.hpp"
#include "certify/strategies/bracket/search.hpp"
#include "data/base/ratio.hpp"

namespace maxcert {
namespace {

constexpr std::uint64_t kDefaultWork = 380'000'000;  // operations of the search, by the square of n_ctx
constexpr unsigned long kNarrow = 20'000'000;  // one part in this many: narrow enough where no limit is given
constexpr std::uint64_t kExhaustiveNodes = 1'000'000'000;
constexpr std::uint64_t kGroupNodes = 2000;  // of a tree that only supports the convolution
// Up to these many sequences trees are walked to the end, or nearly always to the end.
const Count kExhaustiveTotal = Count(1) << 32, kModestTotal = Count(1) << 36;
constexpr std::uint64_t kModestNodes = 2'000'000;

double share(const Count& part, const Count& total) {
    return ratio_rounded_down(part, total);
}

class BracketStrategy : public Prover {
  public:
    BracketStrategy(const char* name, bool trees, const char* summary)
        : Prover(name, {"polynomial in K", summary}), trees_(trees) {}

    Proof prove(Model& model, const SearchOptions& options) const override {
        const Stopwatch searching;
        const TimeLimit limit(options.deadline());
        BracketEvaluator evaluator(model, options);
        const Count total = power(model.shape().d_vocab, model.shape().n_ctx);
        const bool exhaustive = trees_ && (total <= kExhaustiveTotal || options.mass_threshold == 0);
        BracketPlan plan = first_plan(evaluator, options, total, exhaustive);
        BracketSearch search(evaluator, plan);
        bool complete = search.begin(!exhaustive);
        if (!complete) forget_unknown(plan, search.outcomes(), evaluator);
        report(options, search, total, 0);

        // A time limit alone is meant to be used up.
        const std::uint64_t budget = options.node_budget > 0 ? options.node_budget
                                     : options.time_limit_s > 0
                                         ? std::numeric_limits<std::uint64_t>::max()
                                         : kDefaultWork * model.shape().n_ctx * model.shape().n_ctx;
        const std::uint64_t before = search.spent();
        const bool no_limit = options.node_budget == 0 && options.time_limit_s == 0 && total > kModestTotal;
        const auto narrow = [&] { return search.bracket().width() * kNarrow < total; };
        while (complete && !search.done() && search.spent() - before < budget && !(no_limit && narrow())) {
            complete = search.step();
            const double elapsed = searching.seconds();
            report(options, search, total,
                   std::max(static_cast<double>(search.spent() - before) / static_cast<double>(budget),
                            options.time_limit_s > 0 ? elapsed / options.time_limit_s : 0.0));
        }

        Proof proof;
        proof.hints = hints_of(plan);
        proof.search_s = searching.seconds();
        proof.result = bracket_result(evaluator, search.outcomes(), total);
        proof.result.complete = complete;
        return proof;
    }

  private:
    BracketPlan first_plan(const BracketEvaluator& evaluator, const Effort& effort, const Count& total,
                           bool exhaustive) const {
        BracketPlan plan;
        plan.methods.resize(evaluator.groups());
        if (!trees_) return plan;
        const bool modest = total <= kModestTotal;
        plan.tree_nodes = exhaustive ? kExhaustiveNodes : modest ? kModestNodes : kGroupNodes;
        if (exhaustive && effort.node_budget > 0) {
            plan.tree_nodes = std::max<std::uint64_t>(1, effort.node_budget / evaluator.groups());
        }
        const double mass = effort.mass_threshold >= 0 ? effort.mass_threshold
                            : exhaustive || modest     ? 0
                                                       : 1e-10;
        plan.tree_mass = std::min(mass * total.get_d(), std::numeric_limits<double>::max());
        return plan;
    }

    /// Groups that a limit kept from being looked at are not looked at again by the check, and trees that it
    /// cut short are cut there again.
    static void forget_unknown(BracketPlan& plan, const std::vector<GroupOutcome>& outcomes,
                               const BracketEvaluator& evaluator) {
        for (std::size_t i = 0; i < plan.methods.size(); ++i) {
            const GroupOutcome& o = outcomes[i];
            if (o.cut > 0) plan.cut_trees[i] = o.cut;
            plan.methods[i].skipped = o.terms_work == 0 || o.bracket.width() == evaluator.group(i).size();
        }
    }

    static void report(const Runtime& runtime, const BracketSearch& search, const Count& total, double done) {
        if (!runtime.on_progress) return;
        const Bracket all = search.bracket();
        runtime.on_progress(std::min(done, 1.0), fmt::format("[{:.7f}, {:.7f}]", share(all.right, total),
                                                             share(all.upper, total)));
    }

    bool trees_;
};

}  // namespace

void add_bracket(ProverList& list) {
    list.push_back(std::make_unique<BracketStrategy>(
        "multiset", true, "bracket by multisets of tokens, and by convolution where they leave much open"));
    list.push_back(std::make_unique<BracketStrategy>(
        "convolution", false, "bracket by convolving the terms of each output over the positions"));
}

}  // namespace maxcert
