// Sequences that double intervals leave open, decided in MPFR at rising precision, and exact ties in integers
// (SOUNDNESS T1).
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "certify/model/margin.hpp"
#include "certify/model/model.hpp"
#include "certify/proof/escalation.hpp"
#include "certify/strategies/terms/decision.hpp"
#include "certify/strategies/terms/exact_tie.hpp"

namespace maxcert {

/// Threads may ask at the same time; they take turns. Verdicts and statistics do not depend on the order.
class ExactDecider {
  public:
    /// Sequences name their margin by its index in `margins`.
    ExactDecider(Model& model, long max_bits, std::vector<Margin> margins);

    Decision decide(const OpenSequence& sequence);

    /// What the decisions on sequences with this margin took.
    long bits_used(std::size_t margin = 0) const { return spent_[margin].bits; }
    std::uint64_t operations(std::size_t margin = 0) const { return spent_[margin].operations; }

  private:
    struct Spent {
        long bits = 53;                // the highest precision
        std::uint64_t operations = 0;  // on MPFR intervals
    };

    /// Whether Σ_i g_x(t_i, i) of T0 is < 0.
    Verdict lead_is_negative(const OpenSequence& sequence, std::size_t x);
    /// Whether it is exactly 0.
    bool is_tie(const OpenSequence& sequence, std::size_t x);

    Model& model_;
    long max_bits_;
    std::vector<Margin> margins_;
    bool box_;                        // the weights are intervals
    std::vector<bool> peaked_;        // by query, for a box
    std::optional<TieDecider> ties_;  // made when first asked
    std::vector<Spent> spent_;        // by margin
    std::mutex mutex_;
};

}  // namespace maxcert
