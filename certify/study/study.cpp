// Puts the parts together as one JSON object, in the order in which the report reads them.
#include "certify/study/study.hpp"

#include <cmath>

#include "certify/failures/statistics.hpp"
#include "certify/study/ablation.hpp"
#include "certify/study/double_paths.hpp"
#include "certify/study/loss.hpp"
#include "certify/study/path_statistics.hpp"
#include "certify/study/qk_noise.hpp"
#include "certify/study/robustness.hpp"

namespace maxcert {
namespace {

Json loss_record(const LossAndAccuracy& found, bool exhaustive) {
    return {{"loss", found.loss},
            {"loss_error", found.loss_error},
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

Json ablations(Model& model, const AblatedLosses& losses, bool few) {
    Json result = Json::object();
    for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
        const LossAndAccuracy& found = losses[zeroed];
        Json& record = result[subset_name(zeroed)];
        record = {{"accuracy", found.accuracy},
                  {"loss", found.loss},
                  {"loss_error", found.loss_error},
                  {"sequences", found.sequences}};
        if (few) record["correct"] = count_ablated(model, zeroed, 1).right;
    }
    return result;
}

}  // namespace

Json study_model(Model& model, const StudyOptions& options) {
    const Shape& s = model.shape();
    const DoublePaths paths = double_paths(model.weights());
    const bool few = std::pow(s.d_vocab, s.n_ctx) <= options.most_sequences;
    const bool every = options.thorough && few;
    Json study = qk_spectrum(model.weights());
    const AblatedLosses losses =
        every ? exhaustive_losses(paths) : sampled_losses(paths, options.loss, options.seed);
    study["loss"] = loss_record(losses[0], every);
    study["ablations"] = ablations(model, losses, few);
    study["evou"] = evou_statistics(paths);
    study["attention"] = attention_statistics(paths);
    study["row_ranges"] = row_range_statistics(paths);
    study["qk_noise"] = qk_noise(model.weights());
    CheckOptions limits;
    limits.time_limit_s = options.time_limit_s;
    if (few) study["failures"] = failure_statistics(find_failures(model, limits, FailureSearch()), s);
    if (options.thorough) {
        const Count most(options.most_sequences);
        study["margins"] = bounds_by_margin(model, options.time_limit_s);
        study["radii"] = bounds_by_radius(model.weights(), most, options.time_limit_s);
        study["deployed"] = bounds_when_deployed(model.weights(), most, options.time_limit_s);
    }
    if (options.time_limit_s > 0) study["time_limit_s"] = options.time_limit_s;
    return study;
}

}  // namespace maxcert
