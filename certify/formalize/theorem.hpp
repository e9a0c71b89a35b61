// A model's theorem as a Coq file: the statement, and a proof that evaluates a check of certify/formal.
#pragma once

#include <string>

#include "data/results/record.hpp"

namespace maxcert {

/// The strategy whose claim `proof` (exact) is a theorem about, for models of this shape. Throws UsageError
/// for a kind of proof that certify/formal does not have.
std::string strategy_to_formalize(const std::string& proof, const Shape& shape);

/// Accuracy_PROOF, the file's name and module: letters, digits and underscores.
std::string theorem_module(const std::string& proof);

/// The text of the file: Theorem accuracy, that `bits` have the record's SHA-256 and that exactly as many of
/// the sequences are right as it says. Throws Error for a record that leaves the count open.
std::string coq_theorem(const CertificateRecord& record);

}  // namespace maxcert
