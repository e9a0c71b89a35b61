// One certificate as a record: what a strategy proves of a model, and how the run that found it went.
//
// Every field is part of the claim, which `maxcert verify` recomputes and compares, except `hints`, which the
// check is given, and `run`, which holds whatever may differ between two runs and proves nothing. As JSON the
// keys have the order below with `hints` last: readers that want no hints stop there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/base/counts.hpp"
#include "data/base/json.hpp"
#include "data/base/json_text.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

constexpr const char* kCertificateSchema = "maxcert-certificate/2";
/// No certificate is larger; what is larger is refused before it is parsed.
constexpr std::uint64_t kMaxCertificateBytes = 8u << 20;

/// What a claim about float32 programs says of them.
struct Float32Claim {
    unsigned exp_ulp = 0;               ///< assumed: exp is within this many units in the last place
    std::optional<double> logit_error;  ///< at least |float32 logit - real logit|; nothing if not bounded
    bool softmax_needs_maximum = true;  ///< false: holds also for a softmax that subtracts no maximum
};

struct CertificateRecord {
    std::string strategy, family, group;  ///< as StrategyInfo names them
    bool in_paper = false;
    bool skipped = false;        ///< nothing was attempted, so nothing is claimed
    Count correct = 0;           ///< at least this many sequences are right
    Count total = 1;             ///< of this many
    std::optional<Count> upper;  ///< at most this many are, if the strategy brackets
    bool exact = false;          ///< correct equals upper
    std::string margin = "0";    ///< a decimal number, exactly as asked
    std::string semantics = "real";
    std::optional<Float32Claim> float32;  ///< of semantics float32
    std::string weights_format = "float32";
    std::optional<std::string> rounded_sha256;                 ///< of the weights in another format
    std::string radius_absolute = "0", radius_relative = "0";  ///< decimal numbers, exactly as asked
    std::string weights_sha256;
    Shape shape;
    std::string arithmetic = "filtered";
    long max_bits = 4096;
    std::optional<std::uint64_t> proof_flops;  ///< nothing where it is not known or the proof was cut short
    std::optional<std::uint64_t> unexplained_dimension;
    Json run = Json::object();
    Json hints = Json::object();

    /// correct / total, rounded down; 0 for what is no proportion.
    double bound() const;
    /// Whether the run was not ended early by a limit or a signal.
    bool complete() const;
    /// The program that wrote it, such as "maxcert 1.0.0".
    std::string program() const { return text_at(run, "program"); }
    /// The radius as --weight-radius takes it.
    std::string radius() const;
};

Json to_json(const CertificateRecord& record);

/// Throws InputError naming `file` and the field for JSON that is no record: other types, an unknown, missing
/// or duplicate key, another schema. Whether the claim holds is another question
/// (certify/proof/certificate.hpp).
CertificateRecord parse_record(const std::string& bytes, const std::string& file);

/// The same for one line of a results folder, leaving the hints out and unread.
CertificateRecord parse_record_without_hints(const std::string& line, const std::string& file);

/// What `certify --format json` prints: everything but the hints, with what follows from the claim (bound)
/// and what users want of `run` beside it.
Json shown(const CertificateRecord& record);

/// A row of a table: texts, numbers and truth values alone, the same columns for every record.
Json flat_row(const CertificateRecord& record);

}  // namespace maxcert
