// The trusted half of a proof strategy: a check that counts what hints prove. The other half, which finds the
// hints, is proof/prover.hpp; nothing that is included here knows of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certify/model/model.hpp"
#include "data/base/cancellation.hpp"
#include "data/base/counts.hpp"
#include "data/base/json.hpp"

namespace maxcert {

struct StrategyInfo {
    std::string name;  ///< as on the command line, e.g. max_diff_exact/convex/svd
    /// brute_force, cubic, subcubic, convex, centred, window, multiset or convolution.
    std::string family;
    /// The row of the paper's table that the strategy belongs to, or would if it were the paper's (the keys
    /// of data/published/groups.csv); otherwise window or bracket.
    std::string group;
    std::string complexity;  ///< of the verifier, e.g. O(V^2 d)
    std::string summary;     ///< one line
    bool in_paper = false;   ///< one of the paper's 102
};

/// What the claim is about: exact real arithmetic, or the program that computes in float32 (SOUNDNESS T6).
enum class Semantics { real, float32 };

struct Options {
    Arithmetic arithmetic = Arithmetic::filtered;
    long max_bits = 4096;  ///< precision at which escalation gives up: what is undecided then is not proved
    Margin margin;
    Semantics semantics = Semantics::real;  ///< for certify_one; strategies only see the margin it makes
    unsigned exp_ulp = 4;                   ///< float32: accuracy assumed of the program's exp
    unsigned threads = 1;

    // Search and walks.
    Count max_enumeration = Count(1) << 36;  ///< brute_force is skipped above this many sequences
    std::uint64_t node_budget = 0;           ///< 0: the strategy's default
    double mass_threshold = -1;              ///< below 0: the strategy's default
    std::uint64_t proof_budget = 0;  ///< window/adaptive: operations of the verifier; 0: no limit, by price
    double time_limit_s = 0;         ///< per strategy; 0: none. Reaching it makes `complete` false
    /// Called now and then by long strategies: share done (0..1) and a note, such as the bracket so far.
    std::function<void(double, const std::string&)> on_progress;

    /// Of work that begins now and may take this share of the time limit.
    Deadline deadline(double share = 1) const {
        return time_limit_s > 0 ? Deadline(share * time_limit_s) : Deadline();
    }
};

/// What a check establishes.
struct CheckResult {
    Count correct = 0;           ///< at least this many sequences are right
    std::optional<Count> upper;  ///< at most this many are, if the strategy brackets
    bool complete = true;        ///< false: ended early by a limit or a signal; still sound
    long bits_used = 53;         ///< highest precision that a decision needed
    /// Figures by name: err_max, sigma_ratio, cells, escalated, mpfr_operations, dropped_by_gaps, nodes, ...
    Json figures = Json::object();
};

/// Rechecks proofs of one strategy, trusting nothing in them.
class Checker {
  public:
    virtual ~Checker() = default;

    const StrategyInfo& info() const { return info_; }

    /// What the hints of a certificate prove. Throws CertificateRejected for hints that are malformed or out
    /// of range, naming the claim that fails.
    virtual CheckResult check(Model& model, const Json& hints, const Options& options) const = 0;

    /// Floating operations that the verifier must do, by the counting number (SOUNDNESS, "Proof length"),
    /// where `result` is what check() makes of these hints; nothing where it is not known.
    virtual std::optional<std::uint64_t> proof_flops(Model& model, const Json& hints,
                                                     const CheckResult& result) const = 0;

    /// The paper's estimate of what is left unexplained, in dimensions; nothing where it defines none.
    virtual std::optional<std::uint64_t> unexplained_dimension(const Shape&) const { return std::nullopt; }

  protected:
    explicit Checker(StrategyInfo info) : info_(std::move(info)) {}

  private:
    StrategyInfo info_;
};

using CheckerList = std::vector<std::unique_ptr<Checker>>;

/// The checkers of every strategy, in the order of `maxcert strategies`.
const CheckerList& all_checkers();

/// The checker of the strategy with this name; nullptr if there is none.
const Checker* checker_named(const std::string& name);

}  // namespace maxcert
