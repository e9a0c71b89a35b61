// What the brute-force walk reads: enclosures of the terms of T0 for one query, laid out for its kernels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "certify/arithmetic/ends.hpp"
#include "certify/arithmetic/interval.hpp"
#include "certify/model/paths.hpp"
#include "certify/strategies/terms/attention.hpp"
#include "certify/strategies/terms/kernels.hpp"

namespace maxcert {

/// The paths with ends apart and rows padded, shared by all queries.
struct SplitPaths {
    explicit SplitPaths(const Paths<Interval>& paths);

    std::size_t d_vocab, n_ctx, stride;        ///< stride: padded d_vocab
    Ends<std::vector<double>> evou, pvou, eu;  ///< [rows, stride]
    Ends<std::vector<double>> evou_by_output;  ///< EVOU transposed: [output, stride]
};

/// Terms of query q. Scores are taken relative to the largest one (T0: a per-q constant changes no sign).
class QueryTables {
  public:
    QueryTables(const RoundUpward&, const Paths<Interval>& paths, const SplitPaths& split, std::size_t q,
                const Kernels& kernels);

    std::size_t query() const { return q_; }
    std::size_t d_vocab() const { return d_vocab_; }
    /// a_q(t,i) times exp(-constant): i < n_ctx, t < d_vocab.
    const Interval& attention(std::size_t t, std::size_t i) const { return attention_(i, t); }
    /// The margin of all that follows; 0 at first. Returning to one that was set before is cheap.
    void set_margin(const Interval& margin);

    /// g_x(t,i) of T0 for largest token m. The token at position i: the query at the last one.
    Interval term(std::size_t t, std::size_t i, std::size_t x, std::size_t m) const;

    /// The terms g_x(t,i) of all tokens t <= m at a free position i: upper ends or negated lower ones,
    /// [stride] with 0 above m. False if one is not finite or is huge.
    bool column(End end, std::size_t i, std::size_t x, std::size_t m, double* out) const;

    /// Over all sequences with this query and largest token m: bounds[x] >= the largest Σ g_x (upper), or
    /// >= the largest -Σ g_x (lower); x < stride. False if the tables are not finite: nothing is known.
    bool bound_outputs(End end, std::size_t m, std::vector<float>& bounds);

    /// Upper ends in floats of a * (EU + EVOU + PVOU), and of its negation: [x]; i = n_ctx-1 has only the row
    /// of the query. Entries are within 1e30 if finite(). With the shift added they are ends of g_x(t,i) for
    /// the largest token m; where that is not within 1e30 they say nothing.
    const float* row(End end, std::size_t i, std::size_t t) const {
        const std::size_t last = n_ctx_ - 1;
        return values_[end].get() + (i < last ? i * d_vocab_ + t : last * d_vocab_) * stride_;
    }
    float shift(End end, std::size_t i, std::size_t t, std::size_t m) const {
        return row(other(end), i, t)[m] + leads_[lead_].ends[end][i * d_vocab_ + t];
    }
    bool finite() const { return finite_; }

  private:
    const Paths<Interval>& paths_;
    const SplitPaths& split_;
    const Kernels& kernels_;
    std::size_t q_, d_vocab_, n_ctx_, stride_;
    bool finite_ = true;
    Matrix<Interval> attention_;                             // [position, token]
    std::vector<double> attention_lower_, attention_upper_;  // [position, stride]
    Interval margin_;
    struct Lead {
        Interval margin;
        Ends<std::vector<float>> ends;  // [position][token]: attention times margin
    };
    std::vector<Lead> leads_;
    std::size_t lead_ = 0;                                 // the one of margin_
    Ends<std::unique_ptr<float[]>> values_;                // not set to 0 first
    std::vector<float> offset_, largest_, seen_, unseen_;  // scratch of bound_outputs
};

}  // namespace maxcert
