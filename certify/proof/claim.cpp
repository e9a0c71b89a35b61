// Each field of a claim is established from the weights alone and then compared: nothing that a file says is
// taken over, except a float32 error larger than the established one, which only weakens the claim.
#include "certify/proof/claim.hpp"

#include <limits>

#include "certify/proof/claimed_weights.hpp"
#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"
#include "data/weights/identity.hpp"

namespace maxcert {
namespace {

[[noreturn]] void reject(const std::string& text) {
    throw CertificateRejected(text);
}

/// What `parse` makes of a field; what it refuses makes the claim one that nobody can check. Other errors,
/// such as a processor that does not round as asked, are no fault of the certificate and pass through.
template <class Parse>
auto parsed(const char* field, Parse&& parse) {
    try {
        return parse();
    } catch (const UsageError& e) {
        reject(std::string(field) + ": " + e.what());
    } catch (const InputError& e) {
        reject(std::string(field) + ": " + e.what());
    }
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

std::optional<Margin> proving_margin(Model& model, const Claim& claim) {
    if (claim.semantics == Semantics::real) return claim.margin;
    const Float32Error& error = float32_error(model, {claim.exp_ulp});
    if (!error.bounded()) return std::nullopt;
    return claim.margin.widened(2 * error.logit);
}

CheckResult result_of_claim(CheckResult result, const Claim& claim) {
    if (claim.semantics == Semantics::float32) result.upper.reset();
    return result;
}

void say_what_is_claimed(CertificateRecord& r, Model& model, const Claim& claim) {
    r.margin = claim.margin.text();
    r.semantics = name_of(claim.semantics);
    if (claim.semantics == Semantics::float32) {
        Float32Error error;
        error.logit = std::numeric_limits<double>::infinity();  // unless there is time to bound it
        error.softmax_needs_maximum = true;
        within_time([&] { error = float32_error(model, {claim.exp_ulp}); });
        r.float32 =
            Float32Claim{claim.exp_ulp, error.bounded() ? std::optional<double>(error.logit) : std::nullopt,
                         error.softmax_needs_maximum};
    }
    const ClaimedWeights& weights = claimed_weights(model);
    r.weights_format = name_of(weights.format);
    if (weights.format != WeightFormat::float32) r.rounded_sha256 = sha256_of(model.weights());
    r.radius_absolute = weights.radius.absolute_text();
    r.radius_relative = weights.radius.relative_text();
    r.weights_sha256 = weights.sha256;
    r.shape = model.shape();
}

Model claimed_model(const CertificateRecord& r, const Weights& weights) {
    const auto format = parsed("weights_format", [&r] { return parse_weight_format(r.weights_format); });
    const auto radius =
        parsed("weight_radius", [&r] { return WeightRadius(r.radius_absolute, r.radius_relative); });
    return parsed("weights_format", [&] { return model_of(weights, radius, format); });
}

Claim claim_from(const CertificateRecord& r) {
    Claim claim;
    claim.margin = parsed("margin", [&r] { return Margin(r.margin); });
    claim.semantics = parsed("semantics", [&r] { return parse_semantics(r.semantics); });
    const bool float32 = claim.semantics == Semantics::float32;
    if (!float32 && r.float32) reject("float32: a claim about real arithmetic has none");
    if (float32 && !r.float32) reject("float32: missing");
    if (float32) {
        if (r.float32->exp_ulp > kMaxExpUlp) reject("exp_ulp: above " + std::to_string(kMaxExpUlp));
        claim.exp_ulp = r.float32->exp_ulp;
    }
    return claim;
}

void check_what_is_claimed(const CertificateRecord& r, Model& model, const Claim& claim) {
    CertificateRecord established;
    say_what_is_claimed(established, model, claim);
    if (r.weights_sha256 != established.weights_sha256) {
        reject("weights_sha256: the certificate is about other weights");
    }
    if (r.shape != established.shape) reject("shape: the weights have another one");
    if (r.weights_format != established.weights_format || r.radius_absolute != established.radius_absolute ||
        r.radius_relative != established.radius_relative) {
        reject("weights_format: the certificate is about other models");
    }
    if (r.rounded_sha256 != established.rounded_sha256)
        reject("rounded_sha256: rounding gives other weights");
    if (!r.float32) return;
    const std::optional<double>&said = r.float32->logit_error, &shown = established.float32->logit_error;
    if (said && !shown) reject("logit_error: cannot be bounded");
    if (said && !(*said >= *shown)) reject("logit_error: the check establishes only " + Json(*shown).dump());
    if (!said && shown && !r.skipped) reject("logit_error: can be bounded, by " + Json(*shown).dump());
    if (!r.float32->softmax_needs_maximum && established.float32->softmax_needs_maximum) {
        reject("softmax_needs_maximum: the check cannot do without");
    }
}

namespace {

std::string program_words(const CertificateRecord& r) {
    if (!r.float32) return "In exact real arithmetic";
    std::string words = "In every float32 program whose exp is within " + std::to_string(r.float32->exp_ulp) +
                        " units in the last place";
    return words + (r.float32->softmax_needs_maximum ? " and whose softmax subtracts the maximum" : "");
}

std::string weights_words(const CertificateRecord& r) {
    const std::string given = r.weights_format == "float32"
                                  ? "exactly the given weights"
                                  : "the given weights rounded to " + r.weights_format;
    if (r.radius_absolute == "0" && r.radius_relative == "0") return "with " + given;
    std::string words = "for every model whose weights each differ from " + given + " by at most ";
    if (r.radius_absolute != "0") words += r.radius_absolute;
    if (r.radius_absolute != "0" && r.radius_relative != "0") words += " plus ";
    if (r.radius_relative != "0") words += r.radius_relative + " times their size";
    return words;
}

}  // namespace

std::string statement(const CertificateRecord& r) {
    const std::string model = "the model of d_vocab " + std::to_string(r.shape.d_vocab) + " and n_ctx " +
                              std::to_string(r.shape.n_ctx) + " with weights_sha256 " + r.weights_sha256;
    if (r.skipped) return r.strategy + " was skipped: nothing is claimed of " + model + ".";
    std::string words = program_words(r) + ", " + weights_words(r) + ", at least " + r.correct.get_str();
    if (r.upper && !r.exact) words += " and at most " + r.upper->get_str();
    if (r.exact) words.replace(words.rfind("at least"), 8, "exactly");
    words += " of the " + r.total.get_str() +
             " input sequences get a logit at their largest token strictly above every other logit";
    if (r.margin != "0") words += " by more than " + r.margin;
    return words + ", in " + model + ".";
}

}  // namespace maxcert
