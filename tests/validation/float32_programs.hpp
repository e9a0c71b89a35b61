// What the float32 bound is measured against: the real logits, in double, and a float32 program of our own.
#pragma once

#include <cstdint>
#include <vector>

#include "certify/model/model.hpp"

namespace maxcert {

/// Of some sequences, how one float32 program differs from the real model.
struct Tally {
    double error = 0;             ///< largest |float32 logit - real logit|; NaN if there was one
    std::uint64_t certified = 0;  ///< sequences with a real lead above 2 * bound
    std::uint64_t lost = 0;       ///< of these, in how many the largest token's float32 logit does not win
    std::uint64_t other_verdict = 0;  ///< sequences that one of real and float32 gets right

    void merge(const Tally& o) {
        error = error > o.error || error != error ? error : o.error;
        certified += o.certified, lost += o.lost, other_verdict += o.other_verdict;
    }
};

/// Tables of one model over (position, token), rows i * d_vocab + t.
class Float32Programs {
  public:
    /// `bound`: the proved error of a logit.
    Float32Programs(Model& model, double bound);

    /// Judges n sequences [n, n_ctx], all with the same last token: `logits` [n, d_vocab] of another program
    /// into `theirs` (unless null), and our own, with every sum from the last term to the first, no fused
    /// operation and the maximum subtracted, into `ours`.
    void judge(const std::int64_t* tokens, std::size_t n, const float* logits, Tally& theirs,
               Tally& ours) const;

  private:
    /// Of one query.
    struct Query {
        std::vector<float> score;    ///< [rows]
        std::vector<double> weight;  ///< [rows]: exp(real score - the largest)
    };

    const Shape shape_;
    const Weights& w_;
    double least_lead_;
    std::vector<Query> queries_;
    std::vector<float> last_;            // [d_vocab, d_model]: what a query adds to the residual stream
    std::vector<float> values_;          // [rows, d_head]
    std::vector<double> direct_, said_;  // [d_vocab, d_vocab], [rows, d_vocab]: real logits
};

}  // namespace maxcert
