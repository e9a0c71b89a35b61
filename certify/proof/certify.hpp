// Making certificates: a strategy's search and check, wrapped up as a record.
#pragma once

#include <string>
#include <vector>

#include "certify/proof/claim.hpp"
#include "certify/proof/prover.hpp"
#include "data/results/record.hpp"

namespace maxcert {

/// All that can be asked for. Strategies see what a proof needs: for a float32 claim the margin that makes
/// one about real arithmetic suffice.
struct Options : SearchOptions {
    Semantics semantics = Semantics::real;
    unsigned exp_ulp = Claim().exp_ulp;

    Claim claim() const { return {margin, semantics, exp_ulp}; }
};

/// Proves one strategy for a model: prove, time it, and wrap it up.
CertificateRecord certify_one(Model& model, const Prover& strategy, const Options& options);

/// The same for each of some margins, in one pass where the strategy can (options.margin is not used).
std::vector<CertificateRecord> certify_margins(Model& model, const Prover& strategy,
                                               const std::vector<Margin>& margins, const Options& options);

/// Whether a certificate on disk answers what would be asked again: same strategy, weights, program and
/// options, and it was not cut short.
bool is_current(const CertificateRecord& record, const Prover& strategy, const Options& options,
                const std::string& weights_sha256);

}  // namespace maxcert
