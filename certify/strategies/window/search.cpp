// Tries classes of outputs, and with each of them partitions from cheap to dear on each pair, in plain
// doubles. Every maximum keeps the classes, and every pair the partition, that bring most for their
// operations at one price for all, which the budget sets.
#include "certify/strategies/window/search.hpp"

#include <algorithm>
#include <cmath>

#include "certify/arithmetic/counting.hpp"
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
void estimate_pairs(Model& model, const WindowClaim& claim, const CheckOptions& options,
                    const Deadline& deadline, std::vector<PairFinding>& findings) {
    for (PairFinding& f : findings) f.proved = 0, f.operations = 0;
    const TimeLimit limit(deadline);
    walk_pairs<Estimate>(model, claim, options, findings);
}

bool over(const Deadline& deadline) {
    return stop_requested() || deadline.passed();
}

/// A plan, and what it proves, as a share of all sequences.
struct Found {
    WindowPlan plan;
    double gain = 0, price = 0;

    double value(double share) const { return gain - share * price; }
};

/// What partitions offer the pairs under one choice of classes of outputs.
struct Trial {
    std::vector<ClassStarts> outputs;
    Offers offers;
    std::vector<double> class_prices;  ///< by maximum, the operations of the bounds by class
};

/// Searches the plans of one claim, of which `outputs` and the choices of pairs are open.
class PlanSearch {
  public:
    PlanSearch(Model& model, QkError error, const ScoreHints& score, std::vector<Partition> partitions,
               const SearchOptions& options, const Deadline& deadline)
        : model_(model),
          error_(error),
          score_(score),
          partitions_(std::move(partitions)),
          options_(options),
          deadline_(deadline),
          total_(power(model.shape().d_vocab, model.shape().n_ctx).get_d()),
          sizes_(sizes_of_pairs(model.shape())),
          share_(least_share(options, model.shape().d_vocab)) {}

    /// Tries these classes of outputs with all partitions.
    void add(std::vector<ClassStarts> outputs) {
        Trial trial{std::move(outputs), Offers(sizes_.size(), partitions_.size()), {}};
        trial.class_prices = class_prices(trial.outputs);
        try_partitions(trial);
        trials_.push_back(std::move(trial));
        if (options_.proof_budget == 0) return;
        for (int round = 0; round < 3; ++round) {  // the tables of a plan depend on what it chooses
            const double left = budget() - operations_of_tables(combined(share_).plan);
            share_ = share_within(left, [&](double share) { return combined(share).price; });
        }
    }

    /// The best plan within the budget that takes each maximum's classes and partitions from what was tried;
    /// if the tables alone exceed the budget, nearly nothing.
    Found best() const {
        double share = share_;
        for (double step = 0.002;; step *= 2) {
            Found found = combined(share);
            found.price += operations_of_tables(found.plan);
            if (options_.proof_budget == 0 || found.price <= budget() || share > 1) return found;
            share *= 1 + step;
        }
    }
    double share() const { return share_; }

  private:
    double budget() const { return static_cast<double>(options_.proof_budget); }

    double operations_of_tables(const WindowPlan& plan) const {
        return static_cast<double>(window_table_flops(model_, {error_, score_, plan}));
    }

    std::vector<double> class_prices(const std::vector<ClassStarts>& outputs) const {
        TableCache<Counting> bench({}, model_);
        const WindowView<Counting> view = window_view(bench, {error_, score_, {}}, Margin());
        std::vector<double> prices;
        for (std::size_t m = 0; m < outputs.size(); ++m) {
            const std::uint64_t before = Counting::operations();
            bound_classes(view.outputs, m, outputs[m], view.margin);
            prices.push_back(static_cast<double>(Counting::operations() - before));
        }
        return prices;
    }

    void try_partitions(Trial& trial) const {
        WindowClaim claim{error_, score_, {trial.outputs, {}, {}}};
        claim.plan.choice.resize(sizes_.size());
        std::vector<PairFinding> findings(sizes_.size());
        double share = share_;
        for (std::size_t k = 0; k < partitions_.size() && !over(deadline_); ++k) {
            claim.plan.partitions = {partitions_[k]};
            for (std::size_t i = 0; i < sizes_.size(); ++i) {
                // A dearer partition can gain at most what is left.
                const double left = sizes_[i] - trial.offers.best_gain(i);
                claim.plan.choice[i] = left > std::max(1e-15, share * trial.offers.last_price(i)) ? 1 : 0;
            }
            if (std::count(claim.plan.choice.begin(), claim.plan.choice.end(), 1) == 0) break;
            estimate_pairs(model_, claim, options_, deadline_, findings);
            for (std::size_t i = 0; i < sizes_.size(); ++i) {
                if (claim.plan.choice[i] == 0) continue;
                trial.offers.add(
                    i, static_cast<std::uint8_t>(k + 1),
                    {findings[i].proved.get_d() / total_, static_cast<double>(findings[i].operations)});
            }
            if (options_.proof_budget == 0) continue;
            const WindowPlan plan{trial.outputs, partitions_, trial.offers.choose(share).by_pair};
            share = share_within(budget() - operations_of_tables(plan),
                                 [&](double at) { return trial.offers.choose(at).price; });
        }
    }

    /// Each maximum with the trial that is worth most to it; the price leaves tables out.
    Found combined(double share) const {
        Found found;
        found.plan.partitions = partitions_;
        for (std::size_t m = 0; m < model_.shape().d_vocab; ++m) {
            const Trial* best = nullptr;
            Choice taken;
            double value = 0;
            for (const Trial& trial : trials_) {
                Choice choice = trial.offers.choose(share, pair_index(0, m), pair_index(0, m + 1));
                const double worth = choice.gain - share * (choice.price + trial.class_prices[m]);
                if (best != nullptr && worth <= value) continue;
                best = &trial, value = worth, taken = std::move(choice);
            }
            found.plan.outputs.push_back(best->outputs[m]);
            found.plan.choice.insert(found.plan.choice.end(), taken.by_pair.begin(), taken.by_pair.end());
            found.gain += taken.gain;
            found.price += taken.price;
        }
        return found;
    }

    Model& model_;
    QkError error_;
    ScoreHints score_;
    std::vector<Partition> partitions_;
    const SearchOptions& options_;
    const Deadline& deadline_;
    double total_;
    std::vector<double> sizes_;
    double share_;
    std::vector<Trial> trials_;
};

/// The best plan with exact scores, over classes of outputs from cheap to dear: a few around the maximum,
/// then more and more of those that can win, until finer ones hardly help any maximum.
Found search_classes(Model& model, const SearchOptions& options, const Deadline& deadline) {
    constexpr double kHelps = 0.01;  // of what is open still
    PlanSearch search(model, QkError::exact_EQKE, {}, candidates(model.shape().d_vocab), options, deadline);
    search.add(outputs_around(model.shape().d_vocab, 2, 1));
    Found best = search.best();
    int idle = 0;  // trials in a row that hardly helped
    for (const double harmless : {0.4, 0.3, 0.2, 0.1, 0.05, 0.025, 0.0125, 0.0}) {
        if (over(deadline) || idle == 2) break;
        search.add(outputs_that_can_win(model, harmless));
        Found next = search.best();
        const double gained = next.value(search.share()) - best.value(search.share());
        idle = gained < kHelps * (1 - best.gain) ? idle + 1 : 0;
        best = std::move(next);
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
    PlanSearch search(model, error, score, partitions_in_use(exact.plan), options, deadline);
    search.add(outputs_around(model.shape().d_vocab, 2, 1));
    search.add(exact.plan.outputs);
    return search.best().plan;
}

}  // namespace maxcert
