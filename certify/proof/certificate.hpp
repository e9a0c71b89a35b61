// Certificates: what they claim is rechecked here, by check code alone. Making them is
// certify/proof/certify.hpp.
#pragma once

#include <string>

#include "certify/proof/checker.hpp"
#include "data/results/record.hpp"

namespace maxcert {

/// Rechecks every claim of a certificate against `model`, which claimed_model() made of it. Returns what was
/// established. Throws CertificateRejected naming the claim that fails. What `time_limit_s` (0: none) leaves
/// unchecked is not established.
CheckResult verify_certificate(const CertificateRecord& record, Model& model, unsigned threads,
                               double time_limit_s = 0);

/// The same against weights.
CheckResult verify_certificate(const CertificateRecord& record, const Weights& weights, unsigned threads,
                               double time_limit_s = 0);

}  // namespace maxcert
