// Each kind of proof is a check of certify/formal and the theorem about it: the exact accuracy (Exact.v), a
// bracket around it (Brackets.v), a lower bound by windows (Windows.v) or by the paper's cubic proof
// (Cubic.v), or the accuracy of all float32 evaluations (Float32.v). Coq chooses its own precision and counts
// by itself, so that nothing but the weights and one or two numbers comes from maxcert, and for windows
// the blocks of tokens, of which all are sound.
#include "certify/formalize/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "certify/formalize/blocks.hpp"
#include "certify/proof/claim.hpp"
#include "certify/proof/prover.hpp"
#include "certify/strategies/window/plan_json.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

constexpr const char* kWindow = "window/";
constexpr unsigned kWidestWindow = 9;

/// A check of certify/formal: the module, what it counts of `bits`, and the theorem that the claim is.
struct Check {
    const char* module;
    std::string counted;
    std::string theorem;
    std::string accuracy;          ///< the statement, but for the model and the number; empty for brackets
    std::string definitions = "";  ///< what `counted` and `theorem` speak of
};

/// How much Brackets.v tries: grids of up to 2^k steps, until 2^-open_bits of all sequences are open in a
/// group; groups that stay open in parts, by so many of their heaviest tokens, and two outputs at a time.
/// Minutes for Max-of-10 and Max-of-20: where sequences are long, fewer groups matter, and fewer outputs in
/// each.
std::string bracket_effort(const Shape& shape) {
    return shape.n_ctx > 16
               ? "{| grids := [5; 7; 9]%nat; open_bits := 36; splits := 1; grids_for_parts := [9; 11; "
                 "13]%nat; "
                 "grid_for_pairs := 0 |}"
               : "{| grids := [5; 7; 9]%nat; open_bits := 26; splits := 4; grids_for_parts := [10; 12]%nat; "
                 "grid_for_pairs := 7 |}";
}

/// The window's size W of window/W.
unsigned window_size(const std::string& proof) {
    const std::string size = proof.substr(std::string(kWindow).size());
    const bool digit = size.size() == 1 && size[0] >= '1' && size[0] <= '0' + static_cast<int>(kWidestWindow);
    if (!digit)
        throw UsageError(fmt::format("--proof window/W takes a W of 1 to {}, not '{}'", kWidestWindow, size));
    return static_cast<unsigned>(size[0] - '0');
}

Check windows_check(const std::string& blocks) {
    return {"Windows", "windows_proved blocks bits", "(window_at_least blocks)", "accuracy_at_least",
            fmt::format("Definition blocks : plan := {}.\n", blocks)};
}

Check check_of(const std::string& proof, const Json& hints, const Shape& shape) {
    if (proves_exact_count(proof)) return {"Exact", "sequences_proved bits", "exact_accuracy", "accuracy_is"};
    if (proves_bracket(proof)) {
        return {"Brackets", "brackets_proved by_effort bits", "(between_brackets by_effort)", "",
                fmt::format("Definition by_effort : effort := {}.\n", bracket_effort(shape))};
    }
    if (proof == "cubic") return {"Cubic", "cubic_proved bits", "cubic_at_least", "accuracy_at_least"};
    if (proof == "float32") {
        const unsigned exp_ulp = Claim().exp_ulp;
        return {"Float32Statement Float32", fmt::format("float32_count {} true bits", exp_ulp),
                "float32_at_least",
                fmt::format("float32_accuracy_at_least (Rdefinitions.IZR {}) true", exp_ulp)};
    }
    if (proof == kPlannedWindows) return windows_check(coq_blocks(plan_from_json(hints, shape.d_vocab)));
    return windows_check(coq_blocks(uniform_plan(window_size(proof), shape.d_vocab).partitions.front()));
}

/// What is said of `bits`, in the words of Statement.v.
std::string statement(const std::string& proof, const TheoremClaim& claim, const std::string& accuracy) {
    if (proves_bracket(proof)) {
        return fmt::format("exists a, accuracy_is (model_of bits) a /\\ ({} <= a <= {})%Z",
                           claim.correct.get_str(), claim.upper.get_str());
    }
    return fmt::format("{} (model_of bits) {}", accuracy, claim.correct.get_str());
}

/// How many are right, for the file's first line.
std::string in_words(const std::string& proof, const TheoremClaim& claim) {
    std::string correct = claim.correct.get_str();
    if (proves_exact_count(proof)) return correct;
    if (proves_bracket(proof)) return fmt::format("{} to {}", correct, claim.upper.get_str());
    return "at least " + correct;
}

}  // namespace

bool proves_bracket(const std::string& proof) {
    return proof == "bracket";
}

bool proves_exact_count(const std::string& proof) {
    if (proof == "exact") return true;
    if (proof == "cubic" || proof == "float32" || proof == kPlannedWindows || proves_bracket(proof))
        return false;
    if (proof.rfind(kWindow, 0) != 0)
        throw UsageError(fmt::format("--proof takes {}, not '{}'", kFormalProofs, proof));
    window_size(proof);
    return false;
}

std::string strategy_to_formalize(const std::string& proof, const Shape& shape) {
    if (!proves_exact_count(proof) && proof != "float32") return proof;  // named alike
    return power(shape.d_vocab, shape.n_ctx) <= Effort().max_enumeration ? "brute_force" : "multiset";
}

std::string theorem_module(const std::string& proof) {
    std::string name = "Accuracy_" + proof;
    const auto special = [](unsigned char c) { return std::isalnum(c) == 0; };
    std::replace_if(name.begin(), name.end(), special, '_');
    return name;
}

std::string coq_theorem(const std::string& proof, const TheoremClaim& claim, const Shape& shape) {
    const bool wrong_too = proves_exact_count(proof) || proves_bracket(proof);
    const Check check = check_of(proof, claim.hints, shape);
    return fmt::format(R"((* Of {total} sequences of tokens, {in_words} are right. *)
From Coq Require Import ZArith String List.
Import ListNotations.
From Maxcert Require Import Statement Weights {module}.
From Model Require Import Bits.

{definitions}Definition counted := {counted}.{counted_are}

Theorem accuracy :
  weights_sha256 bits = "{sha256}"%string /\
  {statement}.
Proof.
  split.
  - vm_cast_no_check (eq_refl "{sha256}"%string).
  - apply {theorem}. vm_cast_no_check (eq_refl true).
Qed.
)",
                       fmt::arg("total", claim.total.get_str()), fmt::arg("in_words", in_words(proof, claim)),
                       fmt::arg("module", check.module), fmt::arg("definitions", check.definitions),
                       fmt::arg("counted", check.counted),
                       fmt::arg("counted_are", wrong_too ? "  (* right, wrong *)" : "  (* right *)"),
                       fmt::arg("sha256", claim.weights_sha256),
                       fmt::arg("statement", statement(proof, claim, check.accuracy)),
                       fmt::arg("theorem", check.theorem));
}

}  // namespace maxcert
