// What a certificate speaks of: which arithmetic runs the model, and which weights it has (THEORY T0, T6).
#pragma once

#include <optional>

#include "certify/model/float32/error.hpp"
#include "certify/proof/strategy.hpp"

namespace maxcert {

/// "real" or "float32". parse throws UsageError for another name.
Semantics parse_semantics(const std::string& name);
const char* name_of(Semantics semantics);

/// The options under which a proof about real arithmetic establishes what `options` claims: for float32 the
/// margin grows by twice the error of a logit. Nothing if that error is not bounded.
std::optional<Options> proving_options(Model& model, const Options& options);

/// The result of such a proof as one about the claim. That a real logit loses, or leads by less than the
/// margin, does not show that the float32 one does: a float32 claim has no upper end.
CheckResult result_of_claim(CheckResult result, const Options& options);

/// The keys of a certificate that say all this: semantics, float32 (null for real), weights_format,
/// rounded_sha256 (null for float32 weights), weight_radius.
Json deployment_claims(Model& model, const Options& options);

/// The same read back from a certificate. Each throws CertificateRejected naming the field.
Model claimed_subject(const Json& certificate, const Weights& weights);
void read_semantics(const Json& certificate, Options& options);

/// Throws CertificateRejected unless the float32 error, the rounded weights and the rest of what the
/// certificate says of them are what this model gives; a claimed error may be larger, not smaller.
void check_deployment_claims(const Json& certificate, Model& model, const Options& options);

}  // namespace maxcert
