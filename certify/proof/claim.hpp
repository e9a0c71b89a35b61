// What a certificate speaks of: which arithmetic runs the model, and which weights it has (SOUNDNESS T0, T6).
#pragma once

#include <optional>
#include <string>

#include "certify/model/float32/error.hpp"
#include "certify/proof/checker.hpp"
#include "data/results/record.hpp"

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

/// Writes into a record what the certificate of this model and these options says of all this.
void say_what_is_claimed(CertificateRecord& record, Model& model, const Options& options);

/// The model that a record speaks of, made from the given weights. Throws CertificateRejected naming the
/// field that makes no sense.
Model claimed_model(const CertificateRecord& record, const Weights& weights);

/// The same read back from a record: arithmetic, precision, margin, semantics. Throws CertificateRejected.
Options claimed_options(const CertificateRecord& record);

/// Throws CertificateRejected unless the float32 error, the rounded weights and the rest of what the record
/// says of them are what this model gives; a claimed error may be larger, not smaller.
void check_what_is_claimed(const CertificateRecord& record, Model& model, const Options& options);

/// The whole claim as one English sentence: program, weights, count, margin.
std::string statement(const CertificateRecord& record);

}  // namespace maxcert
