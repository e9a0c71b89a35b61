// One query's attention and terms, laid out in rows for the kernels. Floats are made from doubles by rounding
// up, and a table with an entry that is not finite says that nothing is known.
#include "certify/strategies/terms/query_tables.hpp"

#include <algorithm>
#include <limits>

namespace maxcert {
namespace {

// Sums of a few entries below this cannot overflow, so no kernel meets a NaN.
constexpr float kFloatLimit = 1e30F;

void split(const Matrix<Interval>& m, std::size_t stride, Ends<std::vector<double>>& ends) {
    for (const End end : kBothEnds) ends[end].assign(m.rows() * stride, 0.0);
    for (std::size_t i = 0; i < m.rows(); ++i) {
        for (std::size_t j = 0; j < m.columns(); ++j) {
            ends.negated_lower[i * stride + j] = m(i, j).negated_lower();
            ends.upper[i * stride + j] = m(i, j).upper();
        }
    }
}

}  // namespace

SplitPaths::SplitPaths(const Paths<Interval>& paths)
    : d_vocab(paths.EVOU.rows()), n_ctx(paths.PVOU.rows()), stride(padded(d_vocab)) {
    split(paths.EVOU, stride, evou);
    split(transposed(paths.EVOU), stride, evou_by_output);
    split(paths.PVOU, stride, pvou);
    split(paths.EU, stride, eu);
}

QueryTables::QueryTables(const RoundUpward& up, const Paths<Interval>& paths, const SplitPaths& split,
                         std::size_t q, const Kernels& kernels)
    : paths_(paths),
      split_(split),
      kernels_(kernels),
      q_(q),
      d_vocab_(split.d_vocab),
      n_ctx_(split.n_ctx),
      stride_(split.stride),
      attention_(attention_weights(up, paths, q)),
      offset_(d_vocab_),
      largest_(stride_),
      seen_(stride_),
      unseen_(stride_) {
    attention_lower_.resize(n_ctx_ * stride_), attention_upper_.resize(n_ctx_ * stride_);
    for (std::size_t i = 0; i < n_ctx_; ++i) {
        for (std::size_t t = 0; t < d_vocab_; ++t) {
            attention_lower_[i * stride_ + t] = attention(t, i).lower();
            attention_upper_[i * stride_ + t] = attention(t, i).upper();
        }
    }
    set_margin(Interval());
    for (const End end : kBothEnds) {
        values_[end].reset(new float[((n_ctx_ - 1) * d_vocab_ + 1) * stride_]);
        for (std::size_t i = 0; i < n_ctx_; ++i) {
            const bool last = i + 1 == n_ctx_;
            checkpoint(last ? stride_ : d_vocab_ * stride_ / 4);
            for (std::size_t t = last ? q : 0; t < (last ? q + 1 : d_vocab_); ++t) {
                const Interval a = attention(t, i);
                const bool ok = kernels.scaled_row(split.eu[end].data() + q * stride_,
                                                   split.evou[end].data() + t * stride_,
                                                   split.pvou[end].data() + i * stride_, a.lower(), a.upper(),
                                                   stride_, kFloatLimit, const_cast<float*>(row(end, i, t)));
                finite_ = finite_ && ok;
            }
        }
    }
}

void QueryTables::set_margin(const Interval& margin) {
    margin_ = margin;
    for (lead_ = 0; lead_ < leads_.size(); ++lead_) {
        const Interval& known = leads_[lead_].margin;
        if (known.upper() == margin.upper() && known.negated_lower() == margin.negated_lower()) return;
    }
    leads_.push_back({margin, {}});
    auto& ends = leads_.back().ends;
    for (const End end : kBothEnds) ends[end].resize(n_ctx_ * d_vocab_);
    for (std::size_t j = 0; j < n_ctx_ * d_vocab_; ++j) {
        const Interval lead = attention(j % d_vocab_, j / d_vocab_) * margin;
        ends.negated_lower[j] = static_cast<float>(lead.negated_lower());
        ends.upper[j] = static_cast<float>(lead.upper());
    }
}

bool QueryTables::column(End end, std::size_t i, std::size_t x, std::size_t m, double* out) const {
    const Paths<Interval>& p = paths_;
    const Interval fixed = (p.EU(q_, x) - p.EU(q_, m)) + ((p.PVOU(i, x) - p.PVOU(i, m)) + margin_);
    const auto evou = [&](End e, std::size_t output) {
        return split_.evou_by_output[e].data() + output * stride_;
    };
    return kernels_.column(
        evou(end, x), evou(other(end), m), end == End::upper ? fixed.upper() : fixed.negated_lower(),
        attention_lower_.data() + i * stride_, attention_upper_.data() + i * stride_, m + 1, out);
}

Interval QueryTables::term(std::size_t t, std::size_t i, std::size_t x, std::size_t m) const {
    const Paths<Interval>& p = paths_;
    return attention(t, i) * (((p.EU(q_, x) - p.EU(q_, m)) + (p.EVOU(t, x) - p.EVOU(t, m))) +
                              ((p.PVOU(i, x) - p.PVOU(i, m)) + margin_));
}

bool QueryTables::bound_outputs(End end, std::size_t m, std::vector<float>& bounds) {
    if (!finite_) return false;
    // Σ over the positions handled so far, backwards from the last free one, of the largest term: with and
    // without the promise that m is among them.
    std::fill(seen_.begin(), seen_.end(), 0.0F);
    std::fill(unseen_.begin(), unseen_.end(), -std::numeric_limits<float>::infinity());
    bool finite = true;
    const auto offset = [&](std::size_t t, std::size_t i) {
        const float value = shift(end, i, t, m);
        if (!(value < kFloatLimit)) finite = false;
        return value;
    };
    for (std::size_t i = n_ctx_ - 1; i-- > 0;) {
        checkpoint(m * stride_ / 4);
        for (std::size_t t = 0; t <= m; ++t) offset_[t] = offset(t, i);
        kernels_.max_of_shifted_rows(row(end, i, 0), offset_.data(), m + 1, stride_, largest_.data());
        const float* with_m = row(end, i, m);
        for (std::size_t x = 0; x < stride_; ++x) {
            const float here = (with_m[x] + offset_[m]) + seen_[x];
            const float later = largest_[x] + unseen_[x];
            unseen_[x] = here > later ? here : later;
            seen_[x] = largest_[x] + seen_[x];
        }
    }
    const float* query_row = row(end, n_ctx_ - 1, q_);
    const float query_offset = offset(q_, n_ctx_ - 1);
    if (!finite) return false;
    const std::vector<float>& rest = m == q_ ? seen_ : unseen_;
    bounds.resize(stride_);
    for (std::size_t x = 0; x < stride_; ++x) bounds[x] = (query_row[x] + query_offset) + rest[x];
    return true;
}

}  // namespace maxcert
