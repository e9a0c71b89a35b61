// What the brute-force walk reads: enclosures of the terms of T0 for one query, laid out for its kernels.
#pragma once

#include <cstdint>
#include <vector>

#include "certify/arithmetic/interval.hpp"
#include "certify/paths.hpp"
#include "certify/strategies/brute_force_kernels.hpp"

namespace maxcert {

/// The paths with ends apart and rows padded, shared by all queries; needs RoundUpward.
struct SplitPaths {
    explicit SplitPaths(const Paths<Interval>& paths);

    std::size_t d_vocab, n_ctx, stride;           ///< stride: padded d_vocab
    std::vector<double> evou[2], pvou[2], eu[2];  ///< [rows, stride]; 0: negated lower ends, 1: upper ends
};

/// Terms of query q. Scores are taken relative to the largest one (T0: a per-q constant changes no sign).
class QueryTables {
  public:
    /// Needs RoundUpward, here and in every member.
    QueryTables(const Paths<Interval>& paths, const SplitPaths& split, std::size_t q, const Kernels& kernels);

    std::size_t query() const { return q_; }
    /// a_q(t,i) times exp(-constant): i < n_ctx, t < d_vocab.
    const Interval& attention(std::size_t t, std::size_t i) const { return attention_[i * d_vocab_ + t]; }
    /// The token at position i: the query at the last one.
    Interval term(std::size_t t, std::size_t i, std::size_t x, std::size_t m, const Interval& margin) const;

    /// For margin and largest token m: `bounds[x]` >= the largest Σ g_x over all sequences with this query
    /// and largest token, x < stride. False if the tables are not finite: then nothing is known.
    bool bound_outputs(std::size_t m, const Interval& margin, std::vector<float>& bounds);

  private:
    /// Upper ends in floats of a * (EU + EVOU + PVOU), and of its negation: [i][t][x]; i = n_ctx-1 has only
    /// the row of the query.
    const float* row(int end, std::size_t i, std::size_t t) const {
        const std::size_t last = n_ctx_ - 1;
        return values_[end].data() + (i < last ? i * d_vocab_ + t : last * d_vocab_) * stride_;
    }

    const Paths<Interval>& paths_;
    const Kernels& kernels_;
    std::size_t q_, d_vocab_, n_ctx_, stride_;
    bool finite_ = true;
    std::vector<Interval> attention_;
    std::vector<float> values_[2];
    std::vector<float> offset_, largest_, seen_, unseen_;  // scratch of bound_outputs
};

}  // namespace maxcert
