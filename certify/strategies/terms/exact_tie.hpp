// Exact ties of one sequence, decided in integers: what no precision of intervals can decide (SOUNDNESS T1).
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert {

/// Decides whether the sum of T0 is exactly zero. Not thread-safe: it keeps what it has multiplied out.
class TieDecider {
  public:
    /// The weights must outlive it.
    explicit TieDecider(const Weights& weights);

    /// Whether Σ_i a_q(t_i, i) (Δ_m(EU[q] + EVOU[t_i] + PVOU[i])[x] + margin) is exactly 0, for the sequence
    /// `tokens` [n_ctx] whose query q is the last one, and largest token m.
    bool is_tie(const std::vector<std::uint32_t>& tokens, std::size_t m, std::size_t x,
                const mpq_class& margin);

  private:
    using Integers = std::vector<mpz_class>;

    struct Query {
        Integers direct;  // [d_model]: the residual stream of the query
        Integers asks;    // [d_model]: times a key-side embedding, the score before 1/√d_head
    };
    struct Source {
        Integers adds;  // [d_model]: what attending to a token or position adds to the residual stream
    };

    const Query& query(std::size_t q);
    const Source& source(std::vector<std::optional<Source>>& known, const Integers& embeddings,
                         std::size_t row);
    /// Integers in units of 2^-149, the last place of the smallest float; [rows, columns] as given.
    static Integers scaled(const std::vector<float>& values);

    Shape shape_;
    Integers W_E_, W_pos_, W_Q_, W_K_, W_V_, W_O_, W_U_;
    std::vector<std::optional<Query>> queries_;
    std::vector<std::optional<Source>> tokens_, positions_;
};

}  // namespace maxcert
