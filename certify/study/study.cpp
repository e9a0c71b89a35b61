#include "certify/study/study.hpp"

#include <cmath>

#include "certify/strategy.hpp"
#include "certify/study/ablation.hpp"
#include "certify/study/double_paths.hpp"
#include "certify/study/loss.hpp"
#include "certify/study/path_statistics.hpp"
#include "certify/study/qk_noise.hpp"

namespace maxcert {
namespace {

Json loss_record(const LossAndAccuracy& found, bool exhaustive) {
    return {{"loss", found.loss},
            {"accuracy", found.accuracy},
            {"sequences", found.sequences},
            {"exhaustive", exhaustive}};
}

// By the names of what is zeroed, e.g. EU+PVOU; "none" is the whole model.
std::string subset_name(unsigned zeroed) {
    std::string name;
    for (const auto& [bit, path] : {std::pair{kEU, "EU"}, std::pair{kEQKE, "EQKE"}, std::pair{kEQKP, "EQKP"},
                                    std::pair{kEVOU, "EVOU"}, std::pair{kPVOU, "PVOU"}}) {
        if (zeroed & bit) name += (name.empty() ? "" : "+") + std::string(path);
    }
    return name.empty() ? "none" : name;
}

Json ablations(Subject& subject, const AblatedLosses& losses, bool few) {
    Json result = Json::object();
    for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
        const LossAndAccuracy& found = losses[zeroed];
        Json& record = result[subset_name(zeroed)];
        record = {{"accuracy", found.accuracy}, {"loss", found.loss}, {"sequences", found.sequences}};
        if (few) record["correct"] = count_ablated(subject, zeroed, 1).right;
    }
    return result;
}

// Proved bounds at rising margins, by one strategy of each family.
Json bounds_by_margin(Subject& subject) {
    Json rows = Json::array();
    const std::vector<std::string> texts = {"0",   "0.01", "0.02", "0.05", "0.1", "0.2",
                                            "0.5", "1",    "2",    "5",    "10"};
    std::vector<Margin> margins;
    for (const std::string& text : texts) margins.emplace_back(text);
    const Count total = power(subject.shape().d_vocab, subject.shape().n_ctx);
    for (const Strategy* strategy :
         select_strategies("brute_force,cubic,multiset,window/4,max_diff_exact/convex/max_diff_exact,"
                           "max_diff_exact/convex/svd")) {
        const auto proofs = strategy->prove_margins(subject, margins, {});
        for (std::size_t d = 0; d < margins.size(); ++d) {
            if (!proofs[d].skipped.empty()) continue;
            rows.push_back({{"margin", texts[d]},
                            {"strategy", strategy->info().name},
                            {"correct", proofs[d].finding.correct.get_str()},
                            {"bound", ratio_rounded_down(proofs[d].finding.correct, total)}});
        }
    }
    return rows;
}

}  // namespace

Json study_model(Subject& subject, const StudyOptions& options) {
    const Shape& s = subject.shape();
    const DoublePaths paths = double_paths(subject.weights());
    const bool few = std::pow(s.d_vocab, s.n_ctx) <= options.most_sequences;
    const bool every = options.thorough && few;
    Json study = qk_spectrum(subject.weights());
    const AblatedLosses losses =
        every ? exhaustive_losses(paths)
              : sampled_losses(paths, options.loss_samples, options.without_scores, options.seed);
    study["loss"] = loss_record(losses[0], every);
    study["ablations"] = ablations(subject, losses, few);
    study["evou"] = evou_statistics(paths);
    study["attention"] = attention_statistics(paths);
    study["row_ranges"] = row_range_statistics(paths);
    study["qk_noise"] = qk_noise(subject.weights());
    if (options.thorough) study["margins"] = bounds_by_margin(subject);
    return study;
}

}  // namespace maxcert
