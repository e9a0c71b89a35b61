// What a certificate speaks of: which arithmetic runs the model, and which weights it has (SOUNDNESS T0, T6).
#pragma once

#include <optional>
#include <string>

#include "certify/model/float32/error.hpp"
#include "certify/proof/checker.hpp"
#include "data/results/record.hpp"

namespace maxcert {

/// What the claim is about: exact real arithmetic, or the program that computes in float32 (SOUNDNESS T6).
enum class Semantics { real, float32 };

struct Claim {
    Margin margin;
    Semantics semantics = Semantics::real;
    unsigned exp_ulp = 4;  ///< float32: accuracy assumed of the program's exp
};

/// "real" or "float32". parse throws UsageError for another name.
Semantics parse_semantics(const std::string& name);
const char* name_of(Semantics semantics);

/// The margin by which a proof about real arithmetic establishes the claim: for float32 it grows by twice the
/// error of a logit. Nothing if that error is not bounded.
std::optional<Margin> proving_margin(Model& model, const Claim& claim);

/// The result of such a proof as one about the claim. That a real logit loses, or leads by less than the
/// margin, does not show that the float32 one does: a float32 claim has no upper end.
CheckResult result_of_claim(CheckResult result, const Claim& claim);

/// Writes into a record what the certificate of this model says of all this.
void say_what_is_claimed(CertificateRecord& record, Model& model, const Claim& claim);

/// The model that a record speaks of, made from the given weights. Throws CertificateRejected naming the
/// field that makes no sense.
Model claimed_model(const CertificateRecord& record, const Weights& weights);

/// The claim read back from a record. Throws CertificateRejected.
Claim claim_from(const CertificateRecord& record);

/// Throws CertificateRejected unless the float32 error, the rounded weights and the rest of what the record
/// says of them are what this model gives; a claimed error may be larger, not smaller.
void check_what_is_claimed(const CertificateRecord& record, Model& model, const Claim& claim);

/// The whole claim as one English sentence: program, weights, count, margin.
std::string statement(const CertificateRecord& record);

}  // namespace maxcert
