// maxcert formalize: a model's Coq files. What they claim is what maxcert found; Coq alone decides whether it
// holds.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "certify/cli/commands.hpp"
#include "certify/formalize/bits.hpp"
#include "certify/formalize/theorem.hpp"
#include "certify/proof/certify.hpp"
#include "data/base/errors.hpp"
#include "data/base/files.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

/// The certificate in `path`, if it claims something that a theorem about these weights can say.
CertificateRecord record_to_formalize(const std::string& path, const Weights& weights) {
    CertificateRecord record = parse_record(read_file(path, kMaxCertificateBytes), path);
    const auto require = [&path](bool holds, const char* field, const char* otherwise) {
        if (holds) return;
        throw InputError(path, field, otherwise, "give the certificate of a plain claim about these weights");
    };
    require(record.weights_sha256 == weights.sha256(), "weights_sha256", "speaks of other weights");
    require(!record.skipped, "skipped", "nothing was proved");
    require(record.margin == "0", "margin", "theorems are about margin 0");
    require(record.semantics == "real", "semantics", "theorems are about real arithmetic");
    require(record.weights_format == "float32", "weights_format",
            "theorems are about the weights themselves");
    require(record.radius_absolute == "0" && record.radius_relative == "0", "weight_radius",
            "theorems are about the weights themselves");
    return record;
}

CertificateRecord certify_by(const std::string& strategy, const Weights& weights) {
    Model model(weights);
    CertificateRecord record = certify_one(model, *select_strategies(strategy).front(), Options());
    if (record.skipped) throw Error(strategy + ": nothing was proved");
    return record;
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
         "--out theorem"});
    line.text("weights", "FILE", "", "safetensors with TransformerLens names");
    line.text("proof", "NAME", "exact", "what Coq is to check: exact");
    line.text("certificate", "FILE", "",
              "claim what this certificate does; default: certify the weights now");
    line.text("out", "DIR", "", "folder for Bits.v (the weights) and Accuracy_PROOF.v (the theorem)");
    if (!line.parse(arguments)) return 0;

    const std::string path = line.require("weights");
    const std::string out = line.require("out");
    const std::string proof = line.get("proof");
    const Weights weights = load_safetensors(path);
    const std::string strategy = strategy_to_formalize(proof, weights.shape);
    make_writable_folder(out);  // before the work
    const CertificateRecord record = line.given("certificate")
                                         ? record_to_formalize(line.get("certificate"), weights)
                                         : certify_by(strategy, weights);

    const std::string module = theorem_module(proof);
    const std::string heading = fmt::format("The weights of {}, as 32-bit patterns.", plain_name(path));
    write_files_atomically(out,
                           {{"Bits.v", coq_bits(weights, heading)}, {module + ".v", coq_theorem(record)}});
    const Json written = {{"proof", proof},
                          {"module", module},
                          {"correct", record.correct.get_str()},
                          {"total", record.total.get_str()},
                          {"weights_sha256", record.weights_sha256}};
    fmt::print("{}\n", written.dump());
    return 0;
}

}  // namespace maxcert
