#include "certify/proof/certificate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <initializer_list>

#include "certify/proof/claim.hpp"
#include "data/base/errors.hpp"

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

/// How far a search may go: another limit may find another proof.
Json limits(const Options& options) {
    return {{"max_enumeration", options.max_enumeration.get_str()},
            {"node_budget", options.node_budget},
            {"mass_threshold", options.mass_threshold < 0 ? Json(nullptr) : Json(options.mass_threshold)}};
}

const char* arithmetic_name(const Options& options) {
    return options.arithmetic == Arithmetic::mpfr ? "mpfr" : "filtered";
}

template <class T>
Json nullable(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

constexpr const char* kRemedy = "write the certificate again with maxcert certify --certificates";

[[noreturn]] void refuse(const std::string& file, const std::string& field, const std::string& reason) {
    throw InputError(file, field, reason, kRemedy);
}

const Json& field(const Json& certificate, const char* name, Json::value_t type, const std::string& file) {
    const auto found = certificate.find(name);
    if (found == certificate.end()) refuse(file, name, "missing");
    const bool number = type == Json::value_t::number_unsigned && found->is_number_unsigned();
    if (!number && found->type() != type) refuse(file, name, "has the wrong type");
    return *found;
}

Count count_field(const Json& certificate, const char* name, const std::string& file) {
    try {
        return count_from_string(field(certificate, name, Json::value_t::string, file).get<std::string>());
    } catch (const std::invalid_argument& e) {
        refuse(file, name, e.what());
    }
}

void claim(bool holds, const std::string& text) {
    if (!holds) throw CertificateRejected(text);
}

}  // namespace

Json make_certificate(Model& model, const Strategy& strategy, const Options& options, const Proof& proof) {
    const Shape& s = model.shape();
    const CheckResult f = result_of_claim(proof.result, options);
    const Count total = power(s.d_vocab, s.n_ctx);
    const bool skipped = !proof.skipped.empty();
    Json c;
    c["schema"] = kCertificateSchema;
    c["strategy"] = strategy.info().name;
    c["status"] = skipped ? "skipped" : "done";
    if (skipped) c["reason"] = proof.skipped;
    c["correct"] = f.correct.get_str();
    c["total"] = total.get_str();
    c["upper"] = f.upper ? Json(f.upper->get_str()) : Json(nullptr);
    c["bound"] = ratio_rounded_down(f.correct, total);
    c["exact"] = f.upper.has_value() && *f.upper == f.correct;
    c["complete"] = f.complete;
    c["margin"] = options.margin.text();
    c.update(deployment_claims(model, options));
    c["weights_sha256"] = model.sha256();
    c["n_ctx"] = s.n_ctx;
    c["d_vocab"] = s.d_vocab;
    c["d_model"] = s.d_model;
    c["d_head"] = s.d_head;
    c["arithmetic"] = arithmetic_name(options);
    c["max_bits"] = options.max_bits;
    c["limits"] = limits(options);
    c["bits_used"] = f.bits_used;
    c["proof_flops"] = skipped ? Json(nullptr) : nullable(strategy.proof_flops(model, proof));
    c["unexplained_dimension"] = nullable(strategy.unexplained_dimension(s));
    c["figures"] = f.figures;
    c["hints"] = proof.hints;
    c["program"] = std::string("maxcert ") + MAXCERT_VERSION;
    c["run"] = {{"wall_s", proof.search_s + proof.check_s},
                {"search_s", proof.search_s},
                {"check_s", proof.check_s},
                {"threads", options.threads},
                {"host", host_name()},
                {"date", utc_now()}};
    return c;
}

Json parse_certificate(const std::string& bytes, const std::string& file) {
    if (bytes.size() > kMaxCertificateBytes) refuse(file, "", "larger than any certificate");
    Json c = parse_json_object(bytes, file, kRemedy);
    using Type = Json::value_t;
    if (field(c, "schema", Type::string, file) != kCertificateSchema) {
        refuse(file, "schema", std::string("this program reads ") + kCertificateSchema);
    }
    for (const char* name : {"strategy", "margin", "weights_sha256", "arithmetic", "status"}) {
        field(c, name, Type::string, file);
    }
    for (const char* name : {"n_ctx", "d_vocab", "d_model", "d_head", "max_bits"}) {
        field(c, name, Type::number_unsigned, file);
    }
    for (const char* name : {"exact", "complete"}) field(c, name, Type::boolean, file);
    field(c, "hints", Type::object, file);
    count_field(c, "correct", file);
    count_field(c, "total", file);
    const auto upper = c.find("upper");
    if (upper == c.end()) refuse(file, "upper", "missing");
    if (!upper->is_null()) count_field(c, "upper", file);
    if (c["arithmetic"] != "filtered" && c["arithmetic"] != "mpfr") refuse(file, "arithmetic", "unknown");
    if (c["max_bits"].get<std::uint64_t>() < 53 || c["max_bits"].get<std::uint64_t>() > 65536) {
        refuse(file, "max_bits", "outside 53..65536");
    }
    return c;
}

CheckResult verify_certificate(const Json& c, const Weights& weights, unsigned threads, double time_limit_s) {
    const std::string file = "certificate";
    Model model = claimed_subject(c, weights);
    const Shape& s = model.shape();
    claim(c["weights_sha256"] == model.sha256(), "weights_sha256: the certificate is about other weights");
    claim(c["n_ctx"] == s.n_ctx && c["d_vocab"] == s.d_vocab && c["d_model"] == s.d_model &&
              c["d_head"] == s.d_head,
          "shape: the weights have another one");
    const Count total = power(s.d_vocab, s.n_ctx);
    claim(count_field(c, "total", file) == total, "total: there are " + total.get_str() + " sequences");
    const auto& all = all_strategies();
    const auto strategy = std::find_if(all.begin(), all.end(), [&c](const auto& candidate) {
        return candidate->info().name == c["strategy"];
    });
    claim(strategy != all.end(), "strategy: no strategy is called " + c["strategy"].dump());

    const Count claimed = count_field(c, "correct", file);
    if (c["status"] == "skipped") {
        claim(claimed == 0 && c["upper"].is_null() && !c["exact"].get<bool>(),
              "correct: a skipped proof proves nothing");
        return {};
    }
    Options options;
    options.arithmetic = c["arithmetic"] == "mpfr" ? Arithmetic::mpfr : Arithmetic::filtered;
    options.max_bits = c["max_bits"].get<long>();
    options.threads = threads;
    options.time_limit_s = time_limit_s;
    try {
        options.margin = Margin(c["margin"].get<std::string>());
    } catch (const UsageError& e) {
        throw CertificateRejected(std::string("margin: ") + e.what());
    }
    read_semantics(c, options);
    check_deployment_claims(c, model, options);
    const auto proving = proving_options(model, options);
    claim(proving.has_value(), "float32: the error of a logit cannot be bounded");
    CheckResult found = result_of_claim((*strategy)->check(model, c["hints"], *proving), options);
    const std::string established =
        found.complete ? ", the check establishes " : ", the check was ended early and establishes ";
    claim(claimed <= found.correct,
          "correct: claims " + claimed.get_str() + established + found.correct.get_str());
    if (!c["upper"].is_null()) {
        const Count upper = count_field(c, "upper", file);
        claim(found.upper && *found.upper <= upper, "upper: claims at most " + upper.get_str() + established +
                                                        (found.upper ? found.upper->get_str() : "nothing"));
        claim(claimed <= upper, "upper: is below correct");
    }
    const bool exact = found.upper && *found.upper == found.correct && claimed == found.correct;
    claim(!c["exact"].get<bool>() || exact, "exact: the check leaves the count open");
    return found;
}

bool is_current(const Json& c, const Strategy& strategy, const Options& options,
                const std::string& weights_sha256) {
    const Json expected = {{"schema", kCertificateSchema},
                           {"strategy", strategy.info().name},
                           {"complete", true},
                           {"margin", options.margin.text()},
                           {"semantics", name_of(options.semantics)},
                           {"weights_format", "float32"},
                           {"weight_radius", {{"absolute", 0.0}, {"relative", 0.0}}},
                           {"weights_sha256", weights_sha256},
                           {"arithmetic", arithmetic_name(options)},
                           {"max_bits", options.max_bits},
                           {"program", std::string("maxcert ") + MAXCERT_VERSION}};
    for (const auto& [key, value] : expected.items()) {
        const auto found = c.find(key);
        if (found == c.end() || *found != value) return false;
    }
    // Records from before limits were written down are those of the default ones.
    if ((c.contains("limits") ? c["limits"] : limits({})) != limits(options)) return false;
    if (options.semantics == Semantics::float32) {
        const auto float32 = c.find("float32");
        if (float32 == c.end() || !float32->is_object() ||
            float32->value("exp_ulp", Json()) != options.exp_ulp)
            return false;
    }
    return c.contains("correct") && c.contains("total") && c.contains("bound") && c.contains("hints");
}

std::vector<Json> certify_margins(Model& model, const Strategy& strategy, const std::vector<Margin>& margins,
                                  const Options& options) {
    const auto start = std::chrono::steady_clock::now();
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
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::vector<Json> certificates;
    for (std::size_t d = 0; d < margins.size(); ++d) {
        Proof& proof = proofs[d];
        const double share = margins.size() == 1 ? wall.count() : proof.search_s + proof.check_s;
        if (proof.search_s + proof.check_s <= 0) proof.check_s = share;
        Options one = options;
        one.margin = margins[d];
        certificates.push_back(make_certificate(model, strategy, one, proof));
        certificates.back()["run"]["wall_s"] = share;
    }
    return certificates;
}

Json certify_one(Model& model, const Strategy& strategy, const Options& options) {
    return certify_margins(model, strategy, {options.margin}, options).front();
}

}  // namespace maxcert
