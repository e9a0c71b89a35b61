// The trusted half of a proof strategy: a check that counts what hints prove. The other half, which finds the
// hints, is proof/prover.hpp; nothing that is included here knows of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certify/model/model.hpp"
#include "certify/proof/check_options.hpp"
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
    bool in_paper = false;  ///< one of the paper's 102
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
    virtual CheckResult check(Model& model, const Json& hints, const CheckOptions& options) const = 0;

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
