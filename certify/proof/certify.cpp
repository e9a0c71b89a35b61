// What a record claims comes from the check that ended the search; what merely describes the run goes under
// `run`, figures and the precision used included: other processors may take other ways to the same counts.
#include "certify/proof/certify.hpp"

#include <unistd.h>

#include <ctime>

#include "certify/proof/claim.hpp"
#include "certify/proof/stopwatch.hpp"

namespace maxcert {
namespace {

std::string host_name() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

std::string program() {
    return std::string("maxcert ") + MAXCERT_VERSION;
}

/// How far a search may go: another limit may find another proof.
Json limits(const Options& options) {
    return {{"max_enumeration", options.max_enumeration.get_str()},
            {"node_budget", options.node_budget},
            {"proof_budget", options.proof_budget},
            {"mass_threshold", options.mass_threshold < 0 ? Json(nullptr) : Json(options.mass_threshold)}};
}

CertificateRecord wrapped_up(Model& model, const Prover& strategy, const Options& options, const Proof& proof,
                             double wall_s) {
    const StrategyInfo& info = strategy.info();
    const CheckResult found = result_of_claim(proof.result, options);
    CertificateRecord r;
    r.strategy = info.name;
    r.family = info.family;
    r.group = info.group;
    r.in_paper = info.in_paper;
    r.skipped = !proof.skipped.empty();
    r.correct = found.correct;
    r.total = power(model.shape().d_vocab, model.shape().n_ctx);
    r.upper = found.upper;
    r.exact = found.upper.has_value() && *found.upper == found.correct;
    say_what_is_claimed(r, model, options);
    // How long a proof would be that a limit cut short depends on where it did.
    if (!r.skipped && found.complete)
        r.proof_flops = strategy.checker().proof_flops(model, proof.hints, proof.result);
    r.unexplained_dimension = strategy.checker().unexplained_dimension(model.shape());
    r.hints = proof.hints;
    r.run["complete"] = found.complete;
    if (r.skipped) r.run["reason"] = proof.skipped;
    r.run["bits_used"] = found.bits_used;
    r.run["figures"] = found.figures;
    if (options.semantics == Semantics::float32) {
        r.run["figures"]["float32_stages"] = float32_error(model, {options.exp_ulp}).stages;
    }
    r.run["limits"] = limits(options);
    r.run["program"] = program();
    r.run["wall_s"] = wall_s;
    r.run["search_s"] = proof.search_s;
    r.run["check_s"] = proof.check_s;
    r.run["threads"] = options.threads;
    r.run["host"] = host_name();
    r.run["date"] = utc_now();
    return r;
}

}  // namespace

std::vector<CertificateRecord> certify_margins(Model& model, const Prover& strategy,
                                               const std::vector<Margin>& margins, const Options& options) {
    const Stopwatch watch;
    std::vector<Margin> proving;
    for (const Margin& margin : margins) {
        Options one = options;
        one.margin = margin;
        if (const auto stronger = proving_options(model, one)) proving.push_back(stronger->margin);
    }
    std::vector<Proof> proofs(margins.size());
    if (proving.size() == margins.size()) {
        proofs = strategy.prove_margins(model, proving, options);
    } else {
        for (Proof& p : proofs)
            p.skipped = "a float32 might overflow, so the error of a logit is not bounded";
    }
    const double wall = watch.seconds();
    std::vector<CertificateRecord> records;
    for (std::size_t d = 0; d < margins.size(); ++d) {
        Proof& proof = proofs[d];
        const double share = margins.size() == 1 ? wall : proof.search_s + proof.check_s;
        if (proof.search_s + proof.check_s <= 0) proof.check_s = share;
        Options one = options;
        one.margin = margins[d];
        records.push_back(wrapped_up(model, strategy, one, proof, share));
    }
    return records;
}

CertificateRecord certify_one(Model& model, const Prover& strategy, const Options& options) {
    return certify_margins(model, strategy, {options.margin}, options).front();
}

bool is_current(const CertificateRecord& r, const Prover& strategy, const Options& options,
                const std::string& weights_sha256) {
    const StrategyInfo& info = strategy.info();
    const bool same_question =
        r.strategy == info.name && r.weights_sha256 == weights_sha256 && r.margin == options.margin.text() &&
        r.semantics == name_of(options.semantics) && r.weights_format == "float32" && r.radius() == "0" &&
        r.arithmetic == (options.arithmetic == Arithmetic::mpfr ? "mpfr" : "filtered") &&
        r.max_bits == options.max_bits;
    const bool same_float32 =
        options.semantics == Semantics::real || (r.float32 && r.float32->exp_ulp == options.exp_ulp);
    const bool same_program = r.family == info.family && r.group == info.group &&
                              r.in_paper == info.in_paper && r.program() == program();
    const auto within = r.run.find("limits");
    const bool same_limits = within != r.run.end() && *within == limits(options);
    return same_question && same_float32 && same_program && same_limits && r.complete();
}

}  // namespace maxcert
