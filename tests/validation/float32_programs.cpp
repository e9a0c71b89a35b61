#include "tests/validation/float32_programs.hpp"

#include <algorithm>
#include <cmath>

#include "certify/model/paths.hpp"

// Wider vectors where the processor has them; -ffp-contract=off keeps the results the same.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MAXCERT_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MAXCERT_WIDE
#endif
#define MAXCERT_INLINE inline __attribute__((always_inline))

namespace maxcert {
namespace {

double middle(Interval a) {
    return (a.lower() + a.upper()) / 2;
}

/// out = v m, summed from the last row to the first.
MAXCERT_INLINE void times(const float* v, std::size_t rows, const float* m, std::size_t columns,
                          float* __restrict__ out) {
    for (std::size_t j = 0; j < columns; ++j) out[j] = 0;
    std::size_t i = rows;
    for (; i >= 4; i -= 4) {  // in the same order, with fewer trips to memory
        const float *a = m + (i - 1) * columns, *b = a - columns, *c = b - columns, *d = c - columns;
        for (std::size_t j = 0; j < columns; ++j) {
            out[j] = (((out[j] + v[i - 1] * a[j]) + v[i - 2] * b[j]) + v[i - 3] * c[j]) + v[i - 4] * d[j];
        }
    }
    for (; i > 0; --i) {
        for (std::size_t j = 0; j < columns; ++j) out[j] += v[i - 1] * m[(i - 1) * columns + j];
    }
}

/// Running maxima of errors by output: no reduction inside the loop.
struct Judgement {
    std::vector<double> error;
    Tally tally;

    MAXCERT_INLINE void add(const double* real, const float* logits, std::size_t n, std::size_t m,
                            double least_lead) {
        const double top = real[m];
        const float float_top = logits[m];
        double* __restrict__ worst = error.data();
        // Outputs that m does not leave behind: m itself always.
        std::int64_t close = 0, ahead = 0;
        std::int32_t float_ahead = 0;
        for (std::size_t x = 0; x < n; ++x) {
            const double e = std::fabs(static_cast<double>(logits[x]) - real[x]);
            worst[x] = (e > worst[x]) | (e != e) ? e : worst[x];  // NaN stays
            close += top - real[x] > least_lead ? 0 : 1;
            ahead += top - real[x] > 0 ? 0 : 1;
        }
        for (std::size_t x = 0; x < n; ++x) float_ahead += logits[x] < float_top ? 0 : 1;
        tally.certified += close == 1;
        tally.lost += close == 1 && float_ahead != 1;
        tally.other_verdict += (ahead == 1) != (float_ahead == 1);
    }

    void merge_into(Tally& all) {
        for (const double e : error) tally.error = e > tally.error || e != e ? e : tally.error;
        all.merge(tally);
    }
};

struct Buffers {
    std::vector<double> real;
    std::vector<float> attention, mixed, residual, logits;
};

}  // namespace

Float32Programs::Float32Programs(Model& model, double bound)
    : shape_(model.shape()), w_(model.weights()), least_lead_(2 * bound) {
    const std::size_t n = shape_.n_ctx, v = shape_.d_vocab, d = shape_.d_model, h = shape_.d_head;
    const Paths<Interval>& paths = paths_of<Interval>(model);
    std::vector<float> keys(n * v * h), x(d), asked(h);
    values_.resize(n * v * h);
    for (std::size_t row = 0; row < n * v; ++row) {
        const std::size_t i = row / v, t = row % v;
        for (std::size_t j = 0; j < d; ++j) x[j] = w_.W_E[t * d + j] + w_.W_pos[i * d + j];
        times(x.data(), d, w_.W_K.data(), h, &keys[row * h]);
        times(x.data(), d, w_.W_V.data(), h, &values_[row * h]);
        if (i + 1 == n) last_.insert(last_.end(), x.begin(), x.end());
        for (std::size_t o = 0; o < v; ++o)
            said_.push_back(middle(paths.EVOU(t, o)) + middle(paths.PVOU(i, o)));
    }
    const float root = std::sqrt(static_cast<float>(h));
    for (std::size_t q = 0; q < v; ++q) {
        times(&last_[q * d], d, w_.W_Q.data(), h, asked.data());
        Query query;
        double top = -INFINITY;
        for (std::size_t row = 0; row < n * v; ++row) {
            float score = 0;
            for (std::size_t j = h; j-- > 0;) score += asked[j] * keys[row * h + j];
            query.score.push_back(score / root);
            query.weight.push_back(middle(paths.EQKE(q, row % v)) + middle(paths.EQKP(q, row / v)));
            top = std::max(top, query.weight.back());
        }
        for (double& weight : query.weight) weight = std::exp(weight - top);
        queries_.push_back(std::move(query));
        for (std::size_t o = 0; o < v; ++o) direct_.push_back(middle(paths.EU(q, o)));
    }
}

MAXCERT_WIDE void Float32Programs::judge(const std::int64_t* tokens, std::size_t n, const float* logits,
                                         Tally& theirs, Tally& ours) const {
    const std::size_t k = shape_.n_ctx, v = shape_.d_vocab, d = shape_.d_model, h = shape_.d_head;
    const auto q = static_cast<std::size_t>(tokens[k - 1]);
    const Query& query = queries_[q];
    Buffers b{std::vector<double>(v), std::vector<float>(k), std::vector<float>(h), std::vector<float>(d),
              std::vector<float>(v)};
    Judgement their{std::vector<double>(v), {}}, our{std::vector<double>(v), {}};
    for (std::size_t s = 0; s < n; ++s, tokens += k) {
        const auto row = [&](std::size_t i) { return i * v + static_cast<std::size_t>(tokens[i]); };
        double* __restrict__ real = b.real.data();
        double total = 0;
        for (std::size_t i = 0; i < k; ++i) total += query.weight[row(i)];
        for (std::size_t x = 0; x < v; ++x) real[x] = direct_[q * v + x];
        for (std::size_t i = 0; i < k; ++i) {
            const double weight = query.weight[row(i)] / total;
            const double* said = &said_[row(i) * v];
            for (std::size_t x = 0; x < v; ++x) real[x] += weight * said[x];
        }

        float most = query.score[row(0)], sum = 0;
        for (std::size_t i = 1; i < k; ++i) most = std::max(most, query.score[row(i)]);
        for (std::size_t i = k; i-- > 0;) sum += b.attention[i] = std::exp(query.score[row(i)] - most);
        float* __restrict__ mixed = b.mixed.data();
        for (std::size_t j = 0; j < h; ++j) mixed[j] = 0;
        for (std::size_t i = k; i-- > 0;) {
            const float weight = b.attention[i] / sum;
            const float* value = &values_[row(i) * h];
            for (std::size_t j = 0; j < h; ++j) mixed[j] += weight * value[j];
        }
        times(b.mixed.data(), h, w_.W_O.data(), d, b.residual.data());
        for (std::size_t j = 0; j < d; ++j) b.residual[j] += last_[q * d + j];
        times(b.residual.data(), d, w_.W_U.data(), v, b.logits.data());

        const auto m = static_cast<std::size_t>(*std::max_element(tokens, tokens + k));
        our.add(b.real.data(), b.logits.data(), v, m, least_lead_);
        if (logits != nullptr) their.add(b.real.data(), logits + s * v, v, m, least_lead_);
    }
    our.merge_into(ours);
    if (logits != nullptr) their.merge_into(theirs);
}

}  // namespace maxcert
