// Calls the strategies themselves under other options, so its numbers are proved like any certificate's.
#include "certify/study/robustness.hpp"

#include "certify/proof/certify.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

constexpr const char* kSubcubic = "max_diff_exact/convex/max_diff_exact,max_diff_exact/convex/svd";

void add(Json& rows, Json row, const CertificateRecord& r) {
    if (r.skipped) return;
    row["strategy"] = r.strategy;
    row["family"] = r.family;
    row["correct"] = r.correct.get_str();
    row["bound"] = r.bound();
    rows.push_back(std::move(row));
}

}  // namespace

Json bounds_by_margin(Model& model, double time_limit_s) {
    Json rows = Json::array();
    Options options;
    options.time_limit_s = time_limit_s;
    std::vector<Margin> margins;
    for (const char* margin : {"0", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"}) {
        margins.emplace_back(margin);
    }
    for (const Prover* strategy :
         select_strategies(std::string("brute_force,cubic,multiset,window/4,") + kSubcubic)) {
        for (const CertificateRecord& r : certify_margins(model, *strategy, margins, options)) {
            add(rows, {{"margin", r.margin}}, r);
        }
    }
    return rows;
}

Json bounds_by_radius(const Weights& weights, const Count& most_sequences, double time_limit_s) {
    Json rows = Json::array();
    Options options;
    options.max_enumeration = most_sequences;
    options.time_limit_s = time_limit_s;
    for (const char* radius : {"0", "1e-7", "1e-6", "3e-6", "1e-5", "3e-5", "1e-4", "3e-4", "1e-3"}) {
        Model box = model_of(weights, parse_weight_radius(radius));
        for (const Prover* strategy :
             select_strategies(std::string("brute_force,cubic,window/4,") + kSubcubic)) {
            add(rows, {{"radius", radius}}, certify_one(box, *strategy, options));
        }
    }
    return rows;
}

Json bounds_when_deployed(const Weights& weights, const Count& most_sequences, double time_limit_s) {
    Json rows = Json::array();
    Options options;
    options.max_enumeration = most_sequences;
    options.time_limit_s = time_limit_s;
    for (const auto format : {WeightFormat::float32, WeightFormat::bf16, WeightFormat::fp16}) {
        try {
            Model rounded = model_of(weights, {}, format);
            for (const auto semantics : {Semantics::real, Semantics::float32}) {
                options.semantics = semantics;
                for (const Prover* strategy : select_strategies("brute_force,window/4")) {
                    const CertificateRecord r = certify_one(rounded, *strategy, options);
                    const bool bounded = r.float32 && r.float32->logit_error;
                    add(rows,
                        {{"weights_format", name_of(format)},
                         {"semantics", name_of(semantics)},
                         {"logit_error", bounded ? Json(*r.float32->logit_error) : Json(nullptr)}},
                        r);
                }
            }
        } catch (const InputError&) {  // these weights overflow the format
        }
    }
    return rows;
}

}  // namespace maxcert
