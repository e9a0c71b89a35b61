#include "certify/strategies/window_search.hpp"

namespace maxcert {
namespace {

constexpr double kShareOfAnOperation = 1e-8;

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

/// Operations that the terms of each pair take, by pair_index.
std::vector<std::uint64_t> term_operations(Subject& subject, const WindowClaim& claim) {
    Workbench<Counting> bench(subject);
    const WindowView<Counting> view = window_view(bench, claim, Margin());
    std::vector<std::uint64_t> operations(claim.plan.choice.size());
    for (std::size_t m = 0; m < subject.shape().d_vocab; ++m) {
        std::uint64_t before = Counting::operations();
        for_each_pair(view, claim.plan, m, [&](std::size_t q, const PairTerms<Counting>&) {
            operations[pair_index(q, m)] = Counting::operations() - before;
            before = Counting::operations();
        });
    }
    return operations;
}

}  // namespace

WindowPlan search_windows(Subject& subject, QkError error, const ScoreHints& score, const Options& options) {
    const std::size_t pairs = pair_index(0, subject.shape().d_vocab);
    const double total = power(subject.shape().d_vocab, subject.shape().n_ctx).get_d();
    WindowPlan plan{{2, 1}, {}, std::vector<std::uint8_t>(pairs, 0)};
    std::vector<double> best(pairs, 0);
    for (const Partition& partition : candidates()) {
        if (stop_requested()) break;
        const WindowClaim trial{
            error, score, {plan.outputs, {partition}, std::vector<std::uint8_t>(pairs, 1)}};
        const std::vector<std::uint64_t> terms = term_operations(subject, trial);
        const std::vector<PairFinding> findings = estimate_pairs(subject, trial, options);
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
