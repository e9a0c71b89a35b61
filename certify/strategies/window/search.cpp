// Tries partitions from cheap to dear on each pair, in plain doubles, and keeps the one that brings most for
// its operations.
#include "certify/strategies/window/search.hpp"

namespace maxcert {
namespace {

constexpr double kShareOfAnOperation = 1e-8;
constexpr OutputWindow kOutputs = {2, 1};

/// From cheap to dear.
std::vector<Partition> candidates() {
    return {{1},
            {1, 2},
            {1, 4},
            {1, 2, 4},
            {1, 1, 2},
            {1, 1, 2, 4},
            {1, 1, 1, 2},
            {1, 1, 1, 2, 4},
            {1, 1, 1, 1, 4},
            {1, 1, 1, 1, 2, 4},
            {1, 1, 1, 1, 1, 1, 4},
            {1, 1, 1, 1, 1, 1, 1, 1, 4}};
}

WindowClaim everywhere(const Partition& partition, std::size_t pairs) {
    WindowClaim claim;
    claim.plan = {kOutputs, {partition}, std::vector<std::uint8_t>(pairs, 1)};
    return claim;
}

/// Operations that the terms of each pair take with a candidate partition, by pair_index. As with exact
/// scores, which error options exceed by one operation per class: so they are counted once per model.
std::vector<std::vector<std::uint64_t>> count_term_operations(Model& model, std::size_t pairs) {
    std::vector<std::vector<std::uint64_t>> counts;
    for (const Partition& partition : candidates()) {
        const WindowClaim claim = everywhere(partition, pairs);
        TableCache<Counting> bench(model);
        const WindowView<Counting> view = window_view(bench, claim, Margin());
        std::vector<std::uint64_t> operations(pairs);
        for (std::size_t m = 0; m < model.shape().d_vocab; ++m) {
            std::uint64_t before = Counting::operations();
            for_each_pair(view, claim.plan, m, [&](std::size_t q, const PairTerms<Counting>&) {
                operations[pair_index(q, m)] = Counting::operations() - before;
                before = Counting::operations();
            });
        }
        counts.push_back(std::move(operations));
    }
    return counts;
}

}  // namespace

WindowPlan search_windows(Model& model, QkError error, const ScoreHints& score, const Options& options) {
    const std::size_t pairs = pair_index(0, model.shape().d_vocab);
    const double total = power(model.shape().d_vocab, model.shape().n_ctx).get_d();
    const auto& term_operations = model.shared<std::vector<std::vector<std::uint64_t>>>(
        "window/term operations", [&] { return count_term_operations(model, pairs); });
    WindowPlan plan{kOutputs, {}, std::vector<std::uint8_t>(pairs, 0)};
    std::vector<double> best(pairs, 0);
    for (const Partition& partition : candidates()) {
        if (stop_requested()) break;
        WindowClaim trial = everywhere(partition, pairs);
        trial.error = error;
        trial.score = score;
        const std::vector<PairFinding> findings = estimate_pairs(model, trial, options);
        const std::vector<std::uint64_t>& terms = term_operations[plan.partitions.size()];
        plan.partitions.push_back(partition);
        for (std::size_t i = 0; i < pairs; ++i) {
            const double price = static_cast<double>(terms[i] + findings[i].operations);
            const double gain = findings[i].proved.get_d() / total - kShareOfAnOperation * price;
            if (gain > best[i]) {
                best[i] = gain;
                plan.choice[i] = static_cast<std::uint8_t>(plan.partitions.size());
            }
        }
    }
    return plan;
}

}  // namespace maxcert
