// The untrusted half of a proof strategy: a search for hints. What it finds becomes a proof only through its
// checker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "certify/proof/checker.hpp"

namespace maxcert {

/// Hints and what they establish.
struct Proof {
    Json hints = Json::object();
    CheckResult result;
    std::string skipped;  ///< not empty: why nothing was attempted
    double search_s = 0, check_s = 0;
};

/// That of a strategy which its TimeLimit ended before it had proved anything.
Proof out_of_time();

/// How far a search may go.
struct Effort {
    Count max_enumeration = Count(1) << 36;  ///< brute_force is skipped above this many sequences
    std::uint64_t node_budget = 0;           ///< 0: the strategy's default
    std::uint64_t proof_budget = 0;  ///< window/adaptive: operations of the verifier; 0: no limit, by price
    double mass_threshold = -1;      ///< below 0: the strategy's default
};

struct SearchOptions : CheckOptions, Effort {};

/// What `maxcert strategies` says of a strategy.
struct Description {
    std::string complexity;  ///< of the verifier, e.g. O(V^2 d)
    std::string summary;     ///< one line
};

class Prover {
  public:
    virtual ~Prover() = default;

    const Checker& checker() const { return checker_; }
    const StrategyInfo& info() const { return checker_.info(); }
    const Description& description() const { return description_; }

    /// Searches and checks. What it returns in `result` comes from the check alone.
    virtual Proof prove(Model& model, const SearchOptions& options) const = 0;

    /// What prove() finds for each of these margins (options.margin is not used), sharing work where the
    /// strategy can; the times of a shared pass are those of its share.
    virtual std::vector<Proof> prove_margins(Model& model, const std::vector<Margin>& margins,
                                             const SearchOptions& options) const;

  protected:
    /// Throws std::invalid_argument if no checker is called so.
    Prover(const std::string& strategy, Description description);

  private:
    const Checker& checker_;
    Description description_;
};

using ProverList = std::vector<std::unique_ptr<Prover>>;

/// Every strategy, in the order of all_checkers().
const ProverList& all_strategies();

/// The strategies that LIST names: names, groups (`paper`, `all`), globs in which * also matches /, with
/// commas. In the order of all_strategies(), each once. Throws UsageError for a word that matches nothing.
std::vector<const Prover*> select_strategies(const std::string& list);

}  // namespace maxcert
