#include "certify/proof/claim.hpp"

#include <cmath>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

[[noreturn]] void reject(const std::string& text) {
    throw CertificateRejected(text);
}

const Json& member(const Json& object, const char* name) {
    if (!object.is_object() || !object.contains(name)) reject(std::string(name) + ": missing");
    return object[name];
}

/// A finite number >= 0.
double size_member(const Json& object, const char* name) {
    const Json& value = member(object, name);
    if (!value.is_number()) reject(std::string(name) + ": not a number");
    const double number = value.get<double>();
    if (!(number >= 0 && std::isfinite(number))) reject(std::string(name) + ": not a finite number >= 0");
    return number;
}

std::string text_member(const Json& object, const char* name) {
    const Json& value = member(object, name);
    if (!value.is_string()) reject(std::string(name) + ": not text");
    return value.get<std::string>();
}

}  // namespace

Semantics parse_semantics(const std::string& name) {
    if (name == "real") return Semantics::real;
    if (name == "float32") return Semantics::float32;
    throw UsageError("--semantics takes real or float32, not '" + name + "'");
}

const char* name_of(Semantics semantics) {
    return semantics == Semantics::float32 ? "float32" : "real";
}

std::optional<Options> proving_options(Model& model, const Options& options) {
    if (options.semantics == Semantics::real) return options;
    const Float32Error& error = float32_error(model, {options.exp_ulp});
    if (!error.bounded()) return std::nullopt;
    Options stronger = options;
    stronger.margin = options.margin.widened(2 * error.logit);
    return stronger;
}

CheckResult result_of_claim(CheckResult result, const Options& options) {
    if (options.semantics == Semantics::float32) result.upper.reset();
    return result;
}

Json deployment_claims(Model& model, const Options& options) {
    Json c;
    c["semantics"] = name_of(options.semantics);
    c["float32"] = nullptr;
    if (options.semantics == Semantics::float32) {
        const Float32Error& error = float32_error(model, {options.exp_ulp});
        c["float32"] = {{"exp_ulp", options.exp_ulp},
                        {"logit_error", error.bounded() ? Json(error.logit) : Json(nullptr)},
                        {"softmax_needs_maximum", error.softmax_needs_maximum},
                        {"stages", error.stages}};
    }
    const bool rounded = model.format() != WeightFormat::float32;
    c["weights_format"] = name_of(model.format());
    c["rounded_sha256"] = rounded ? Json(model.weights().sha256()) : Json(nullptr);
    c["weight_radius"] = {{"absolute", model.radius().absolute}, {"relative", model.radius().relative}};
    return c;
}

Model claimed_subject(const Json& c, const Weights& weights) {
    const Json& radius = member(c, "weight_radius");
    try {
        return Model(weights, {size_member(radius, "absolute"), size_member(radius, "relative")},
                     parse_weight_format(text_member(c, "weights_format")));
    } catch (const UsageError& e) {
        reject(std::string("weights_format: ") + e.what());
    } catch (const InputError& e) {
        reject(std::string("weights_format: ") + e.what());
    }
}

void read_semantics(const Json& c, Options& options) {
    const std::string name = text_member(c, "semantics");
    if (name != "real" && name != "float32") reject("semantics: unknown");
    options.semantics = parse_semantics(name);
    const Json& float32 = member(c, "float32");
    if (options.semantics == Semantics::real) {
        if (!float32.is_null()) reject("float32: a claim about real arithmetic has none");
        return;
    }
    const Json& ulp = member(float32, "exp_ulp");
    if (!ulp.is_number_unsigned() || ulp.get<std::uint64_t>() > kMaxExpUlp) {
        reject("exp_ulp: not a whole number up to " + std::to_string(kMaxExpUlp));
    }
    options.exp_ulp = ulp.get<unsigned>();
}

void check_deployment_claims(const Json& c, Model& model, const Options& options) {
    const Json established = deployment_claims(model, options);
    if (member(c, "rounded_sha256") != established["rounded_sha256"]) {
        reject("rounded_sha256: rounding gives other weights");
    }
    if (options.semantics == Semantics::real) return;
    const Json &said = member(c, "float32"), &shown = established["float32"];
    if (!shown["logit_error"].is_null() || !member(said, "logit_error").is_null()) {
        if (shown["logit_error"].is_null()) reject("logit_error: cannot be bounded");
        const double claimed = size_member(said, "logit_error");
        if (!(claimed >= shown["logit_error"].get<double>())) {
            reject("logit_error: the check establishes only " + shown["logit_error"].dump());
        }
    }
    const Json& needs = member(said, "softmax_needs_maximum");
    if (!needs.is_boolean() || (!needs.get<bool>() && shown["softmax_needs_maximum"].get<bool>())) {
        reject("softmax_needs_maximum: the check cannot do without");
    }
}

}  // namespace maxcert
