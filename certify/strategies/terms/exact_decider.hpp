// Sequences that double intervals leave open, decided in MPFR at rising precision, and exact ties in integers
// (SOUNDNESS T1).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "certify/model/margin.hpp"
#include "certify/model/model.hpp"
#include "certify/model/paths.hpp"
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
    /// What does not depend on the sequence, at one precision.
    struct AtPrecision {
        const Paths<MpfrInterval>* paths;
        std::vector<MpfrInterval> margins;
        /// exp(score - the query's largest score) by [query][position * d_vocab + token]; filled on demand.
        std::vector<std::vector<MpfrInterval>> attention;
        std::vector<std::vector<bool>> known;
        std::vector<MpfrInterval> largest_score;  // by query, when known is not empty
    };

    struct Spent {
        long bits = 53;                // the highest precision
        std::uint64_t operations = 0;  // on MPFR intervals
    };

    AtPrecision& at_precision();
    const MpfrInterval& attention(AtPrecision& at, std::size_t q, std::size_t t, std::size_t i);
    /// The bracket of g_x(t, i) in T0, for the token at position i.
    MpfrInterval bracket(const OpenSequence& sequence, std::size_t x, std::size_t i);
    /// Σ_i g_x(t_i, i) of T0.
    MpfrInterval lead(const OpenSequence& sequence, std::size_t x);
    Verdict verdict_in_box(const OpenSequence& sequence, std::size_t x);
    /// Whether it is exactly 0.
    bool is_tie(const OpenSequence& sequence, std::size_t x);

    Model& model_;
    long max_bits_;
    std::vector<Margin> margins_;
    bool box_;                  // the weights are intervals
    std::vector<bool> peaked_;  // by query, for a box
    std::map<long, AtPrecision> by_precision_;
    std::optional<TieDecider> ties_;  // made when first asked
    std::vector<Spent> spent_;        // by margin
    std::mutex mutex_;
};

}  // namespace maxcert
