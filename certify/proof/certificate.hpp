// Certificates: one JSON object per (weights, strategy), which is also the record of the result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "certify/proof/strategy.hpp"

namespace maxcert {

constexpr const char* kCertificateSchema = "maxcert-certificate/1";
/// No certificate is larger; what is larger is refused before it is parsed.
constexpr std::uint64_t kMaxCertificateBytes = 8u << 20;

/// The certificate of a proof. Everything that may differ between two runs is under the key `run`.
Json make_certificate(Model& model, const Strategy& strategy, const Options& options, const Proof& proof);

/// Parses and checks types and ranges of everything but the hints. Throws InputError naming the field.
Json parse_certificate(const std::string& bytes, const std::string& file);

/// Rechecks a parsed certificate against weights with the check code alone. Returns what was established.
/// Throws CertificateRejected naming the claim that fails. What `time_limit_s` (0: none) leaves unchecked is
/// not established.
CheckResult verify_certificate(const Json& certificate, const Weights& weights, unsigned threads,
                               double time_limit_s = 0);

/// Whether a certificate on disk answers what would be asked again: same strategy, weights, program and
/// options, and it was not cut short.
bool is_current(const Json& certificate, const Strategy& strategy, const Options& options,
                const std::string& weights_sha256);

/// Proves one strategy for a model: prove, time it, and wrap it up.
Json certify_one(Model& model, const Strategy& strategy, const Options& options);

/// The same for each of some margins, in one pass where the strategy can (options.margin is not used).
std::vector<Json> certify_margins(Model& model, const Strategy& strategy, const std::vector<Margin>& margins,
                                  const Options& options);

}  // namespace maxcert
