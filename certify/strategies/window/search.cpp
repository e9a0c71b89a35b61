// Tries partitions from cheap to dear on each pair, in plain doubles, and keeps the one that brings most for
// its operations: those that a pair can still gain from at the price that the budget leaves.
#include "certify/strategies/window/search.hpp"

#include <algorithm>
#include <cmath>

#include "certify/arithmetic/estimate.hpp"
#include "certify/strategies/window/offers.hpp"
#include "certify/strategies/window/output_search.hpp"
#include "certify/strategies/window/pair_walk.hpp"

namespace maxcert {
namespace {

/// Partitions that suffice where the attention falls off within a few tokens of the maximum.
const std::vector<Partition>& short_partitions() {
    static const std::vector<Partition> partitions = {{1},
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
    return partitions;
}

/// `copies` blocks of one token, of two, of four and so on, until all tokens have their block.
Partition geometric_partition(unsigned copies, std::size_t d_vocab) {
    Partition partition;
    std::size_t covered = 0;
    for (unsigned size = 1; covered < d_vocab; size *= 2) {
        for (unsigned i = 0; i < copies && covered < d_vocab && partition.size() < kMaxBlocks; ++i) {
            partition.push_back(size);
            covered += size;
        }
        if (partition.size() == kMaxBlocks) break;
    }
    return partition;
}

std::vector<Partition> partitions_in_use(const WindowPlan& plan) {
    std::vector<Partition> used;
    for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
        const auto choice = static_cast<std::uint8_t>(i + 1);
        if (std::find(plan.choice.begin(), plan.choice.end(), choice) != plan.choice.end()) {
            used.push_back(plan.partitions[i]);
        }
    }
    return used;
}

/// From cheap to dear.
std::vector<Partition> candidates(std::size_t d_vocab) {
    std::vector<Partition> all = short_partitions();
    for (const unsigned copies : {1U, 2U, 3U, 4U, 6U, 8U, 12U, 16U, 24U}) {
        Partition partition = geometric_partition(copies, d_vocab);
        if (partition != all.back()) all.push_back(std::move(partition));
    }
    return all;
}

/// What an operation has to bring, as a share of all sequences. Without a budget: 1e-9 at d_vocab = 64, and
/// less in proportion to the work of cubic; a budget finds its own share, from nothing up.
double least_share(const Effort& effort, std::size_t d_vocab) {
    if (effort.proof_budget > 0) return 0;
    const double scale = 64.0 / static_cast<double>(d_vocab);
    return 1e-9 * std::min(1.0, scale * scale * scale);
}

/// By pair, its sequences as a share of all.
std::vector<double> sizes_of_pairs(const Shape& shape) {
    const double V = shape.d_vocab, positions = shape.n_ctx - 1.0;
    std::vector<double> sizes;
    for (std::uint32_t m = 0; m < shape.d_vocab; ++m) {
        const double up_to_m = std::pow((m + 1.0) / V, positions) / V, below = std::pow(m / V, positions) / V;
        sizes.resize(sizes.size() + m, up_to_m - below);
        sizes.push_back(up_to_m);  // the query is m
    }
    return sizes;
}

/// By pair_index, in plain doubles. Pairs that time does not suffice for yield nothing.
std::vector<PairFinding> estimate_pairs(Model& model, const WindowClaim& claim, const CheckOptions& options,
                                        const Deadline& deadline) {
    std::vector<PairFinding> findings(claim.plan.choice.size());
    const TimeLimit limit(deadline);
    walk_pairs<Estimate>(model, claim, options, findings);
    return findings;
}

bool over(const Deadline& deadline) {
    return stop_requested() || deadline.passed();
}

/// A plan, and what it proves, as a share of all sequences.
struct Found {
    WindowPlan plan;
    double gain = 0, price = 0;
};

/// The best choice among partitions, given from cheap to dear, for the trial's classes of outputs.
Found search_partitions(Model& model, WindowClaim trial, const std::vector<Partition>& partitions,
                        const SearchOptions& options, const Deadline& deadline) {
    const Shape& shape = model.shape();
    const double total = power(shape.d_vocab, shape.n_ctx).get_d();
    const std::vector<double> sizes = sizes_of_pairs(shape);
    const auto operations_of_tables = [&](const WindowPlan& plan) {
        return static_cast<double>(window_table_flops(model, {trial.error, trial.score, plan}));
    };
    Found found{{trial.plan.outputs, partitions, {}}};
    WindowPlan& plan = found.plan;
    trial.plan.choice.resize(sizes.size());
    Offers offers(sizes.size());
    double share = least_share(options, shape.d_vocab);
    for (std::size_t k = 0; k < plan.partitions.size() && !over(deadline); ++k) {
        trial.plan.partitions = {plan.partitions[k]};
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            // A dearer partition can gain at most what is left.
            const double left = sizes[i] - offers.best_gain(i);
            trial.plan.choice[i] = left > std::max(1e-15, share * offers.last_price(i)) ? 1 : 0;
        }
        if (std::count(trial.plan.choice.begin(), trial.plan.choice.end(), 1) == 0) break;
        const std::vector<PairFinding> findings = estimate_pairs(model, trial, options, deadline);
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (trial.plan.choice[i] == 0) continue;
            offers.add(i, static_cast<std::uint8_t>(k + 1),
                       {findings[i].proved.get_d() / total, static_cast<double>(findings[i].operations)});
        }
        if (options.proof_budget == 0) continue;
        plan.choice = offers.choose(share).by_pair;
        share = offers.share_within(static_cast<double>(options.proof_budget) - operations_of_tables(plan));
    }
    const Choice best = offers.choose(share);
    plan.choice = best.by_pair;
    found.gain = best.gain;
    found.price = best.price + operations_of_tables(plan);
    return found;
}

double value_of(const Found& found, double share) {
    return found.gain - share * found.price;
}

/// The best plan with exact scores, over classes of outputs from cheap to dear: a few around the maximum,
/// then more and more of those that can win. Once two in a row bring less than those before them, finer ones
/// will not bring more.
Found search_classes(Model& model, const SearchOptions& options, const Deadline& deadline) {
    const double share = least_share(options, model.shape().d_vocab);
    const std::vector<Partition> partitions = candidates(model.shape().d_vocab);
    const auto with = [&](std::vector<ClassStarts> outputs) {
        return search_partitions(model, {QkError::exact_EQKE, {}, {std::move(outputs), {}, {}}}, partitions,
                                 options, deadline);
    };
    Found best = with(outputs_around(model.shape().d_vocab, 2, 1));
    double previous = value_of(best, share);
    int falls = 0;
    for (const double harmless : {0.4, 0.2, 0.1, 0.05}) {
        if (over(deadline) || falls == 2) break;
        Found next = with(outputs_that_can_win(model, harmless));
        falls = value_of(next, share) < previous ? falls + 1 : 0;
        previous = value_of(next, share);
        if (previous > value_of(best, share)) best = std::move(next);
    }
    return best;
}

}  // namespace

WindowPlan search_windows(Model& model, QkError error, const ScoreHints& score,
                          const SearchOptions& options) {
    const Deadline deadline = options.deadline();
    const Found& exact = model.shared<Found>("window/plan " + std::to_string(options.proof_budget),
                                             [&] { return search_classes(model, options, deadline); });
    if (error == QkError::exact_EQKE) return exact.plan;
    // Which outputs can win, and where attention falls off, depends little on how well the scores are known:
    // only the partitions that serve exact scores are tried.
    const std::vector<Partition> partitions = partitions_in_use(exact.plan);
    const double share = least_share(options, model.shape().d_vocab);
    Found best;
    for (const auto& outputs : {outputs_around(model.shape().d_vocab, 2, 1), exact.plan.outputs}) {
        Found next =
            search_partitions(model, {error, score, {outputs, {}, {}}}, partitions, options, deadline);
        if (best.plan.outputs.empty() || value_of(next, share) > value_of(best, share))
            best = std::move(next);
    }
    return std::move(best.plan);
}

}  // namespace maxcert
