// A model's theorem as a Coq file: the statement, and a proof that evaluates a check of certify/formal.
#pragma once

#include <string>

#include "data/base/counts.hpp"
#include "data/base/json.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// What a theorem says of the weights with this SHA-256: of `total` sequences exactly `correct` are right, or
/// at least as many, or as many up to `upper`, as the kind of proof has it. Coq decides whether it holds.
struct TheoremClaim {
    Count correct;
    Count upper;
    Count total;
    std::string weights_sha256;
    Json hints;  ///< of the certificate; only kPlannedWindows needs them
};

/// The kinds of proofs, for messages and help.
constexpr const char* kFormalProofs = "exact, bracket, window/W, window/adaptive, cubic or float32";

/// The proof that takes its blocks from a certificate of the strategy of this name.
constexpr const char* kPlannedWindows = "window/adaptive";

/// Whether `proof` is about the exact count; otherwise it is about a lower bound, or about both. Throws
/// UsageError for a kind of proof that certify/formal does not have.
bool proves_exact_count(const std::string& proof);

/// Whether `proof` bounds the count from both sides.
bool proves_bracket(const std::string& proof);

/// The strategy that finds what `proof` may claim, for models of this shape.
std::string strategy_to_formalize(const std::string& proof, const Shape& shape);

/// Accuracy_PROOF, the file's name and module: letters, digits and underscores.
std::string theorem_module(const std::string& proof);

/// The text of the file: Definition counted, what Coq's check finds by itself, and Theorem accuracy, that
/// `bits` have the claim's SHA-256 and as many right sequences as it says. Throws CertificateRejected for
/// hints of kPlannedWindows that are no plan for this many tokens.
std::string coq_theorem(const std::string& proof, const TheoremClaim& claim, const Shape& shape);

}  // namespace maxcert
