// Certificates as JSON, so that tests can tamper with them, and verified from text as `maxcert verify` reads
// them.
#pragma once

#include "certify/proof/certificate.hpp"
#include "certify/proof/certify.hpp"

namespace maxcert {

inline Json certified(Model& model, const Prover& strategy, const Options& options = {}) {
    return to_json(certify_one(model, strategy, options));
}

inline CheckResult verified(const Json& certificate, const Weights& weights, unsigned threads = 1) {
    return verify_certificate(parse_record(certificate.dump(), "test"), weights, threads);
}

}  // namespace maxcert
