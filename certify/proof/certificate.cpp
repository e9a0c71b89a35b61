// Every field of a record but `hints` and `run` is a claim, and is compared here with what the check
// establishes: an explicit branch each, in which whatever is not certainly so is rejected.
#include "certify/proof/certificate.hpp"

#include "certify/proof/claim.hpp"
#include "certify/proof/size_limit.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

void claim(bool holds, const std::string& text) {
    if (!holds) throw CertificateRejected(text);
}

const Checker& claimed_checker(const std::string& name) {
    const Checker* checker = checker_named(name);
    claim(checker != nullptr, "strategy: no strategy is called '" + name.substr(0, 100) + "'");
    return *checker;
}

/// What is so of the strategy and the shape whatever the proof.
void check_labels(const CertificateRecord& r, const Checker& checker, const Shape& shape) {
    const StrategyInfo& info = checker.info();
    claim(r.family == info.family, "family: it is " + info.family);
    claim(r.group == info.group, "group: it is " + info.group);
    claim(r.in_paper == info.in_paper, std::string("in_paper: it is ") + (info.in_paper ? "true" : "false"));
    const Count total = power(shape.d_vocab, shape.n_ctx);
    claim(r.total == total, "total: there are " + total.get_str() + " sequences");
    claim(r.unexplained_dimension == checker.unexplained_dimension(shape),
          "unexplained_dimension: it is another");
}

void check_counts(const CertificateRecord& r, const CheckResult& found) {
    const std::string established =
        found.complete ? ", the check establishes " : ", the check was ended early and establishes ";
    claim(r.correct <= found.correct,
          "correct: claims " + r.correct.get_str() + established + found.correct.get_str());
    if (r.upper) {
        claim(found.upper && *found.upper <= *r.upper,
              "upper: claims at most " + r.upper->get_str() + established +
                  (found.upper ? found.upper->get_str() : "nothing"));
        claim(r.correct <= *r.upper, "upper: is below correct");
    }
    claim(r.exact == (r.upper && *r.upper == r.correct), "exact: correct and upper say otherwise");
}

std::optional<std::uint64_t> length_in_time(const Checker& checker, Model& model, const Json& hints,
                                            const CheckResult& checked) {
    try {
        return checker.proof_flops(model, hints, checked);
    } catch (const TimeOver&) {
        return std::nullopt;
    }
}

}  // namespace

CheckResult verify_certificate(const CertificateRecord& r, Model& model, unsigned threads,
                               double time_limit_s) {
    const Claim claimed = claim_from(r);
    CheckOptions options;
    options.arithmetic = r.arithmetic == "mpfr" ? Arithmetic::mpfr : Arithmetic::filtered;
    options.max_bits = r.max_bits;
    options.threads = threads;
    options.time_limit_s = time_limit_s;
    const TimeLimit limit(options.deadline());
    std::optional<Margin> proving;
    const bool analysed = within_time([&] {
        check_what_is_claimed(r, model, claimed);
        if (!r.skipped) proving = proving_margin(model, claimed);
    });
    claim(analysed, "float32: the check was ended early, before it had bounded the error of a logit");
    const Checker& checker = claimed_checker(r.strategy);
    check_labels(r, checker, model.shape());
    if (r.skipped) {
        claim(r.correct == 0 && !r.upper && !r.exact, "correct: a skipped proof proves nothing");
        claim(!r.proof_flops, "proof_flops: a skipped proof has no length");
        claim(r.hints.empty(), "hints: a skipped proof has none");
        return {};
    }
    claim(proving.has_value(), "float32: the error of a logit cannot be bounded");
    options.margin = *proving;
    const std::string large = too_large(checker.info().family, model.shape());
    if (!large.empty()) throw InputError("certificate", "n_ctx, d_vocab", large, "check a smaller model");
    CheckResult checked;
    checked.complete =
        within_time([&] { checked = checker.check(model, r.hints, options); }) && checked.complete;
    CheckResult found = result_of_claim(checked, claimed);
    check_counts(r, found);
    if (r.proof_flops) {
        const auto length = length_in_time(checker, model, r.hints, checked);
        claim(length == r.proof_flops, "proof_flops: claims " + std::to_string(*r.proof_flops) + ", it is " +
                                           (length ? std::to_string(*length) : "unknown"));
    }
    return found;
}

CheckResult verify_certificate(const CertificateRecord& r, const Weights& weights, unsigned threads,
                               double time_limit_s) {
    Model model = claimed_model(r, weights);
    return verify_certificate(r, model, threads, time_limit_s);
}

}  // namespace maxcert
