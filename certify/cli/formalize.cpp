// maxcert formalize: a model's Coq files. What they claim is what maxcert found; Coq alone decides whether it
// holds.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>

#include "certify/cli/commands.hpp"
#include "certify/formalize/bits.hpp"
#include "certify/formalize/theorem.hpp"
#include "certify/proof/certify.hpp"
#include "data/base/count_conversions.hpp"
#include "data/base/errors.hpp"
#include "data/files/files.hpp"
#include "data/files/read_file.hpp"
#include "data/weights/identity.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

/// The certificate in `path`, if it claims something that a theorem about these weights can say.
CertificateRecord record_to_formalize(const std::string& path, const std::string& proof,
                                      const Weights& weights) {
    CertificateRecord record = parse_record(read_file(path, kMaxCertificateBytes), path);
    const auto require = [&path](bool holds, const char* field, const char* otherwise) {
        if (holds) return;
        throw InputError(path, field, otherwise, "give the certificate of a plain claim about these weights");
    };
    require(record.weights_sha256 == sha256_of(weights), "weights_sha256", "speaks of other weights");
    require(!record.skipped, "skipped", "nothing was proved");
    require(record.margin == "0", "margin", "theorems are about margin 0");
    require(proof != kPlannedWindows || record.strategy == kPlannedWindows, "strategy",
            "--proof window/adaptive takes its blocks from a certificate of that strategy");
    const bool float32 = proof == "float32";
    require(record.semantics == (float32 ? "float32" : "real"), "semantics",
            float32 ? "--proof float32 is about float32 evaluations" : "theorems are about real arithmetic");
    require(!float32 || record.float32->exp_ulp == Claim().exp_ulp, "float32",
            "--proof float32 takes certificates of the default --exp-ulp");
    require(record.weights_format == "float32", "weights_format",
            "theorems are about the weights themselves");
    require(record.radius_absolute == "0" && record.radius_relative == "0", "weight_radius",
            "theorems are about the weights themselves");
    return record;
}

CertificateRecord certify_for(const std::string& proof, const Weights& weights) {
    const std::string strategy = strategy_to_formalize(proof, weights.shape);
    Options options;
    if (proof == "float32") options.semantics = Semantics::float32;
    Model model(weights);
    CertificateRecord record = certify_one(model, *select_strategies(strategy).front(), options);
    if (record.skipped) throw Error(strategy + ": nothing was proved");
    return record;
}

/// What `proof` may say of the record's weights.
TheoremClaim claim_of(const std::string& proof, const CertificateRecord& record) {
    if (proves_exact_count(proof) && !record.exact) {
        throw Error(fmt::format(
            "{}: at least {} of {} sequences are right, but how many exactly is open, so there is "
            "no theorem of --proof exact",
            record.strategy, record.correct.get_str(), record.total.get_str()));
    }
    return {record.correct, record.upper.value_or(record.total), record.total, record.weights_sha256,
            record.hints};
}

/// The number of sequences that an option gives.
Count sequences_given(const CommandLine& line, const char* option) {
    try {
        return count_from_string(line.get(option));
    } catch (const std::invalid_argument&) {
        throw UsageError(fmt::format("--{} takes a number of sequences, not '{}'", option, line.get(option)));
    }
}

/// The claim of --correct and --at-most, of --certificate, or of a certificate made now.
TheoremClaim claim_to_formalize(const CommandLine& line, const std::string& proof, const Weights& weights) {
    const bool bracket = proves_bracket(proof);
    if (line.given("at-most") && !(bracket && line.given("correct")))
        throw UsageError("--at-most goes with --proof bracket and --correct");
    if (line.given("correct")) {
        if (line.given("certificate"))
            throw UsageError("--correct and --certificate both say what to claim; give one of them");
        const Count total = power(weights.shape.d_vocab, weights.shape.n_ctx);
        return {sequences_given(line, "correct"),
                line.given("at-most") ? sequences_given(line, "at-most") : total, total, sha256_of(weights),
                proof == kPlannedWindows ? certify_for(proof, weights).hints : Json()};
    }
    if (line.given("certificate"))
        return claim_of(proof, record_to_formalize(line.get("certificate"), proof, weights));
    if (bracket) {
        throw UsageError(
            "--proof bracket needs a claim: scripts/prove has Coq count what it can prove; or give --correct "
            "and --at-most, or --certificate");
    }
    return claim_of(proof, certify_for(proof, weights));
}

/// A file's name for a comment, which no character of it may end.
std::string plain_name(const std::string& path) {
    std::string name = std::filesystem::path(path).filename().string();
    const auto special = [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-'; };
    std::replace_if(name.begin(), name.end(), special, '_');
    return name;
}

}  // namespace

int formalize_command(const std::vector<std::string>& arguments) {
    CommandLine line(
        "formalize",
        "writes a model and its accuracy as a theorem for Coq, and on stdout what it claims; "
        "scripts/prove has Coq check it",
        {"maxcert formalize --weights model.safetensors --proof exact --out theorem",
         "maxcert formalize --weights model.safetensors --certificate certificates/brute_force.json "
         "--out theorem",
         "maxcert formalize --weights model.safetensors --proof window/4 --out theorem"});
    line.text("weights", "FILE", "", "safetensors with TransformerLens names");
    line.text("proof", "NAME", "exact",
              std::string("what Coq is to check: ") + kFormalProofs +
                  " (bracket: a lower and an upper bound; window/W: a lower bound, the W largest tokens one "
                  "by one; window/adaptive: in a certificate's blocks; cubic: the paper's; "
                  "float32: all float32 evaluations)");
    line.text("certificate", "FILE", "",
              "claim what this certificate does; default: certify the weights now");
    line.text("correct", "N", "",
              "claim N right sequences, without certifying (window/adaptive certifies for its blocks)");
    line.text("at-most", "N", "", "with --correct: and no more than N, where --proof is bracket");
    line.text("out", "DIR", "", "folder for Bits.v (the weights) and Accuracy_PROOF.v (the theorem)");
    if (!line.parse(arguments)) return 0;

    const std::string path = line.require("weights");
    const std::string out = line.require("out");
    const std::string proof = line.get("proof");
    (void)proves_exact_count(proof);  // throws for an unknown kind, before the work
    const Weights weights = load_safetensors(path);
    make_writable_folder(out);
    const TheoremClaim claim = claim_to_formalize(line, proof, weights);

    const std::string module = theorem_module(proof);
    const std::string heading = fmt::format("The weights of {}, as 32-bit patterns.", plain_name(path));
    write_files_atomically(out, {{"Bits.v", coq_bits(weights, heading)},
                                 {module + ".v", coq_theorem(proof, claim, weights.shape)}});
    Json written = {{"proof", proof},
                    {"module", module},
                    {"correct", claim.correct.get_str()},
                    {"total", claim.total.get_str()},
                    {"weights_sha256", claim.weights_sha256}};
    if (proves_bracket(proof)) written["upper"] = claim.upper.get_str();
    fmt::print("{}\n", written.dump());
    return 0;
}

}  // namespace maxcert
