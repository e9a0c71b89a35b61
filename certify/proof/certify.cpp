// What a record claims comes from the check that ended the search; what merely describes the run goes under
// `run`, figures and the precision used included: other processors may take other ways to the same counts.
#include "certify/proof/certify.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "certify/proof/size_limit.hpp"
#include "certify/proof/stopwatch.hpp"

namespace maxcert {
namespace {

constexpr double kMoment = 0.1;  // seconds that writing a record may take beyond the time limit

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

const char* arithmetic_name(const Precision& precision) {
    return precision.arithmetic == Arithmetic::mpfr ? "mpfr" : "filtered";
}

/// Another limit may find another proof.
Json limits(const Effort& effort) {
    return {{"max_enumeration", effort.max_enumeration.get_str()},
            {"node_budget", effort.node_budget},
            {"proof_budget", effort.proof_budget},
            {"mass_threshold", effort.mass_threshold < 0 ? Json(nullptr) : Json(effort.mass_threshold)}};
}

/// Counting takes a moment of its own beyond the time limit; nothing where that does not do.
std::optional<std::uint64_t> proof_length(Model& model, const Checker& checker, const Runtime& runtime,
                                          const Proof& proof) {
    const double left = std::max(runtime.time_limit_s - proof.search_s - proof.check_s, 0.0);
    const TimeLimit limit(runtime.time_limit_s > 0 ? Deadline(left + kMoment) : Deadline());
    try {
        return checker.proof_flops(model, proof.hints, proof.result);
    } catch (const TimeOver&) {
        return std::nullopt;
    }
}

/// The margins that strategies prove; fewer than `margins` if the error of a logit is not bounded. Nothing if
/// time was too short to tell.
std::optional<std::vector<Margin>> proving_margins(Model& model, const std::vector<Margin>& margins,
                                                   const Options& options) {
    const TimeLimit limit(options.deadline());
    std::vector<Margin> proving;
    const bool analysed = within_time([&] {
        for (const Margin& margin : margins) {
            const Claim claim{margin, options.semantics, options.exp_ulp};
            if (const auto stronger = proving_margin(model, claim)) proving.push_back(*stronger);
        }
    });
    return analysed ? std::optional(proving) : std::nullopt;
}

std::vector<Proof> skipped(std::size_t n, const std::string& why) {
    Proof proof;
    proof.skipped = why;
    return std::vector<Proof>(n, proof);
}

std::vector<Proof> prove_all(Model& model, const Prover& strategy, const std::vector<Margin>& margins,
                             const Options& options) {
    const std::string large = too_large(strategy.info().family, model.shape());
    if (!large.empty()) return skipped(margins.size(), large);
    const auto proving = proving_margins(model, margins, options);
    if (!proving) return std::vector<Proof>(margins.size(), out_of_time());
    if (proving->size() < margins.size()) {
        return skipped(margins.size(), "a float32 might overflow, so the error of a logit is not bounded");
    }
    return strategy.prove_margins(model, *proving, options);
}

CertificateRecord wrapped_up(Model& model, const Prover& strategy, const Options& options, const Proof& proof,
                             double wall_s) {
    const StrategyInfo& info = strategy.info();
    const CheckResult found = result_of_claim(proof.result, options.claim());
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
    {
        const TimeLimit moment(options.time_limit_s > 0 ? Deadline(kMoment) : Deadline());
        say_what_is_claimed(r, model, options.claim());
    }
    r.arithmetic = arithmetic_name(options);
    r.max_bits = options.max_bits;
    // How long a proof would be that a limit cut short depends on where it did.
    if (!r.skipped && found.complete) r.proof_flops = proof_length(model, strategy.checker(), options, proof);
    r.unexplained_dimension = strategy.checker().unexplained_dimension(model.shape());
    r.hints = proof.hints;
    r.run["complete"] = found.complete;
    if (r.skipped) r.run["reason"] = proof.skipped;
    r.run["bits_used"] = found.bits_used;
    r.run["figures"] = found.figures;
    if (r.float32 && r.float32->logit_error) {
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
    std::vector<Proof> proofs = prove_all(model, strategy, margins, options);
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
        r.arithmetic == arithmetic_name(options) && r.max_bits == options.max_bits;
    const bool same_float32 =
        options.semantics == Semantics::real || (r.float32 && r.float32->exp_ulp == options.exp_ulp);
    const bool same_program = r.family == info.family && r.group == info.group &&
                              r.in_paper == info.in_paper && r.program() == program();
    const auto within = r.run.find("limits");
    const bool same_limits = within != r.run.end() && *within == limits(options);
    return same_question && same_float32 && same_program && same_limits && r.complete();
}

}  // namespace maxcert
