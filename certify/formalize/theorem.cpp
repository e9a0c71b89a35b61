// One kind of theorem: the exact accuracy, by `exact_accuracy` of certify/formal/Exact.v. Coq chooses its own
// precision and counts by itself, so that nothing but the weights and one number comes from maxcert.
#include "certify/formalize/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "certify/proof/strategy.hpp"
#include "data/base/counts.hpp"
#include "data/base/errors.hpp"

namespace maxcert {

std::string strategy_to_formalize(const std::string& proof, const Shape& shape) {
    if (proof != "exact") throw UsageError("--proof takes exact, not '" + proof + "'");
    return power(shape.d_vocab, shape.n_ctx) <= Options().max_enumeration ? "brute_force" : "multiset";
}

std::string theorem_module(const std::string& proof) {
    std::string name = "Accuracy_" + proof;
    const auto special = [](unsigned char c) { return std::isalnum(c) == 0; };
    std::replace_if(name.begin(), name.end(), special, '_');
    return name;
}

std::string coq_theorem(const CertificateRecord& record) {
    if (!record.exact) {
        throw Error(fmt::format(
            "{}: at least {} of {} sequences are right, but how many exactly is open, so there is "
            "no theorem of --proof exact",
            record.strategy, record.correct.get_str(), record.total.get_str()));
    }
    return fmt::format(R"((* Of {total} sequences of tokens, {correct} are right. *)
From Coq Require Import ZArith String.
From Maxcert Require Import Statement Weights Exact.
From Model Require Import Bits.

Definition counted := sequences_proved bits.  (* right, wrong *)

Theorem accuracy :
  weights_sha256 bits = "{sha256}"%string /\
  accuracy_is (model_of bits) {correct}.
Proof.
  split.
  - vm_cast_no_check (eq_refl "{sha256}"%string).
  - apply exact_accuracy. vm_cast_no_check (eq_refl true).
Qed.
)",
                       fmt::arg("total", record.total.get_str()),
                       fmt::arg("correct", record.correct.get_str()),
                       fmt::arg("sha256", record.weights_sha256));
}

}  // namespace maxcert
