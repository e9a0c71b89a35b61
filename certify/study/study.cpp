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

Json ablations(Subject& subject, const DoublePaths& paths, bool few, const StudyOptions& options) {
    Json result = Json::object();
    for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
        const auto sampled = sampled_loss(ablated(paths, zeroed), options.ablation_samples, options.seed);
        Json& record = result[subset_name(zeroed)];
        record = {{"accuracy", sampled.accuracy}, {"loss", sampled.loss}, {"sequences", sampled.sequences}};
        if (few) record["correct"] = count_ablated(subject, zeroed, 1).right;
    }
    return result;
}

// Proved bounds at rising margins, by one strategy of each family.
Json bounds_by_margin(Subject& subject) {
    Json rows = Json::array();
    for (const char* margin : {"0", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"}) {
        Options options;
        options.margin = Margin(margin);
        for (const auto& strategy : all_strategies()) {
            const std::string& name = strategy->info().name;
            if (name != "brute_force" && name != "cubic" && name != "multiset" && name != "window/4" &&
                name != "max_diff_exact/convex/max_diff_exact" && name != "max_diff_exact/convex/svd")
                continue;
            const Proof proof = strategy->prove(subject, options);
            if (!proof.skipped.empty()) continue;
            const Count total = power(subject.shape().d_vocab, subject.shape().n_ctx);
            rows.push_back({{"margin", margin},
                            {"strategy", name},
                            {"correct", proof.finding.correct.get_str()},
                            {"bound", ratio_rounded_down(proof.finding.correct, total)}});
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
    study["loss"] = loss_record(
        every ? exhaustive_loss(paths) : sampled_loss(paths, options.loss_samples, options.seed), every);
    study["ablations"] = ablations(subject, paths, few, options);
    study["evou"] = evou_statistics(paths);
    study["attention"] = attention_statistics(paths);
    study["row_ranges"] = row_range_statistics(paths);
    study["qk_noise"] = qk_noise(subject.weights());
    if (options.thorough) study["margins"] = bounds_by_margin(subject);
    return study;
}

}  // namespace maxcert
