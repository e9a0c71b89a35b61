// Follows the forward pass stage by stage (SOUNDNESS T6). A stage carries an enclosure of its real values and
// a bound on the distance of the float ones; each inner product adds the usual bound for any order of
// summation and a term for underflow. All of it runs under upward rounding, and a magnitude that could
// overflow makes the whole bound infinite.
#include "certify/model/float32/error.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "certify/model/float32/magnitudes.hpp"
#include "certify/model/float32/softmax_shift.hpp"
#include "certify/model/paths.hpp"

namespace maxcert {
namespace {

/// A stage of the forward pass: its real value, and how far the float one can be from it.
struct Stage {
    Matrix<Interval> real;
    Magnitudes size, error;

    /// Bounds the float value itself.
    Magnitudes reach() const { return size + error; }
};

/// The whole analysis. Rows of token t at position i are t * n_ctx + i.
class Analysis {
  public:
    Analysis(const RoundUpward& up, Model& model, unsigned exp_ulp)
        : up_(up),
          shape_(model.shape()),
          w_(model.weight_matrices<Interval>()),
          paths_(paths_of<Interval>(model)),
          exp_ulp_(exp_ulp) {}

    Float32Error run();

  private:
    /// No sum of magnitudes may reach the largest float; a NaN fails here too.
    void watch(const Magnitudes& sums) { fits_ = fits_ && largest_entry(sums) < kNoOverflow; }

    Stage embed() const;
    Stage project(const Stage& x, const Matrix<Interval>& w);
    Stage last_position(const Stage& x) const;
    void bound_scores(const Stage& query, const Stage& key);
    void bound_attended(const Stage& value);
    void bound_direct(const Stage& query_input);
    double softmax_part(std::size_t q, std::size_t x, double& scores_only) const;

    std::size_t row(std::size_t t, std::size_t i) const { return t * shape_.n_ctx + i; }
    /// Underflow of an inner product of n terms, doubled for what later roundings do to it.
    static double underflow(std::size_t n) { return 4.0 * static_cast<double>(n) * kTiny; }

    const RoundUpward& up_;
    const Shape shape_;
    const WeightMatrices<Interval> w_;
    const Paths<Interval>& paths_;
    const unsigned exp_ulp_;
    bool fits_ = true;
    bool needs_maximum_ = false;
    Magnitudes score_;              // [d_vocab, rows]: error of a score, up to a shift common to its query
    std::vector<double> exponent_;  // [d_vocab]: what subtraction and exp add to it
    std::vector<double> values_, mixture_, output_, unembed_, attended_;  // [d_vocab]: on logit x, worst row
    Magnitudes direct_;  // [d_vocab, d_vocab]: on logit x, from query q
};

Stage Analysis::embed() const {
    Stage x{Matrix<Interval>(shape_.d_vocab * shape_.n_ctx, shape_.d_model), {}, {}};
    for (std::size_t t = 0; t < shape_.d_vocab; ++t) {
        for (std::size_t i = 0; i < shape_.n_ctx; ++i) {
            for (std::size_t d = 0; d < shape_.d_model; ++d) {
                x.real(row(t, i), d) = w_.W_E(t, d) + w_.W_pos(i, d);
            }
        }
    }
    x.size = magnitudes(x.real);
    x.error = combined(x.size, x.size, [](double s, double) { return kFloatUnit * s + kTiny; });
    return x;
}

Stage Analysis::project(const Stage& x, const Matrix<Interval>& w) {
    const Magnitudes weights = magnitudes(w);
    const double rounding = gamma(w.rows());
    Stage y;
    y.real = x.real * w;
    y.size = magnitudes(y.real);
    // A program may scale queries or keys by 1/sqrt(d_head) first: the second underflow is of that product.
    const double tiny = underflow(w.rows()) + underflow(w.columns());
    y.error = combined(x.error, x.reach(), [=](double e, double r) { return e + rounding * r; }) * weights;
    y.error = combined(y.error, y.error, [=](double e, double) { return e + tiny; });
    watch(x.reach() * weights);
    return y;
}

Stage Analysis::last_position(const Stage& x) const {
    const std::size_t columns = x.real.columns();
    Stage q{Matrix<Interval>(shape_.d_vocab, columns), Magnitudes(shape_.d_vocab, columns),
            Magnitudes(shape_.d_vocab, columns)};
    for (std::size_t t = 0; t < shape_.d_vocab; ++t) {
        const std::size_t r = row(t, shape_.n_ctx - 1);
        std::copy_n(x.real.row(r), columns, q.real.row(t));
        std::copy_n(x.size.row(r), columns, q.size.row(t));
        std::copy_n(x.error.row(r), columns, q.error.row(t));
    }
    return q;
}

/// A sequence has one float query, so its error shifts all scores alike but for what keys differ in: it meets
/// keys less their middle.
void Analysis::bound_scores(const Stage& query, const Stage& key) {
    Magnitudes centred(key.real.rows(), key.real.columns());
    for (std::size_t h = 0; h < centred.columns(); ++h) {
        double low = key.real(0, h).lower(), high = key.real(0, h).upper();
        for (std::size_t r = 0; r < centred.rows(); ++r) {
            low = std::min(low, key.real(r, h).lower());
            high = std::max(high, key.real(r, h).upper());
        }
        const Interval middle = exactly<Interval>(low / 2 + high / 2);  // any value is sound
        for (std::size_t r = 0; r < centred.rows(); ++r) centred(r, h) = magnitude(key.real(r, h) - middle);
    }
    const double scale = upper_double(attention_scale<Interval>(shape_.d_head));
    // d_head products and sums, and up to four roundings for the scale, wherever it is applied.
    const double rounding = gamma(shape_.d_head + 4);
    const Magnitudes key_part =
        transposed(combined(key.error, key.reach(), [=](double e, double r) { return e + rounding * r; }));
    const Magnitudes own = query.reach() * key_part;
    const Magnitudes shared = query.error * transposed(centred);
    const Magnitudes shift = query.error * transposed(key.size);
    const double tiny = underflow(shape_.d_head) + kTiny;
    const auto scaled = [=](double a, double b) { return scale * (a + b) + tiny; };
    score_ = combined(own, shared, scaled);
    watch(query.reach() * transposed(key.reach()));

    // Without a maximum subtracted, scores beyond 60 could leave the range of exp or sink below its accuracy.
    const Magnitudes whole = combined(own, shift, scaled);
    const double relative = exp_ulp_ * 0x1p-23;
    needs_maximum_ = shape_.n_ctx > 4096;
    for (std::size_t q = 0; q < shape_.d_vocab; ++q) {
        double low = std::numeric_limits<double>::infinity(), high = -low, error = 0;
        checkpoint(shape_.d_vocab * shape_.n_ctx);
        const auto see = [&](std::size_t t, std::size_t i) {
            const Interval score = paths_.EQKE(q, t) + paths_.EQKP(q, i);
            low = -larger(-low, score.negated_lower());
            high = larger(high, score.upper());
            error = larger(error, score_(q, row(t, i)));
            if (!(magnitude(score) + whole(q, row(t, i)) < 60)) needs_maximum_ = true;
        };
        for (std::size_t t = 0; t < shape_.d_vocab; ++t) {
            for (std::size_t i = 0; i + 1 < shape_.n_ctx; ++i) see(t, i);
        }
        see(q, shape_.n_ctx - 1);
        const double span = (high - low) + 2 * error;
        if (!(span < kNoOverflow)) fits_ = false;
        exponent_.push_back(kFloatUnit * span + kTiny + relative / -(relative - 1));
    }
}

/// What happens to the mixture of values after the weights are known, per logit: convex in the weights, so
/// the worst (token, position) bounds it.
void Analysis::bound_attended(const Stage& value) {
    const std::size_t n = shape_.n_ctx;
    // Roundings of a weight (sum, reciprocal, product, and underflow in the sum) and of the mixture.
    const double mixing = gamma(2 * n + 4);
    // Absolute error of a weight: exp and its underflow over a sum that is at least 1/2, or e^-60 / 2.
    const double weight_tiny = needs_maximum_ ? 0x1p-120 : 0x1p-36;
    const Magnitudes reach = value.reach();
    const double tiny = 2 * static_cast<double>(n) * weight_tiny * largest_entry(reach) + underflow(n);
    const Magnitudes mixed = combined(reach, reach, [=](double r, double) { return mixing * r + tiny; });

    const Magnitudes out = magnitudes(w_.W_O), unembed = magnitudes(w_.W_U);
    const Magnitudes circuit = magnitudes(w_.W_O * w_.W_U);
    const Magnitudes error = value.error + mixed;
    const Magnitudes products = (value.size + error) * out;
    watch(products);
    const double rounding = gamma(shape_.d_head + 1);  // the residual addition's included
    const double out_tiny = underflow(shape_.d_head);
    const Magnitudes local =
        combined(products, products, [=](double p, double) { return rounding * p + out_tiny; });
    const Magnitudes residual = (magnitudes(value.real * w_.W_O) + error * out) + local;
    const double last = gamma(shape_.d_model);

    const Magnitudes by_value = value.error * circuit, by_mixture = mixed * circuit;
    const Magnitudes by_output = local * unembed, sums = residual * unembed;
    watch(sums);
    for (std::size_t x = 0; x < shape_.d_vocab; ++x) {
        double v = 0, m = 0, o = 0, u = 0, all = 0;
        for (std::size_t r = 0; r < by_value.rows(); ++r) {
            v = larger(v, by_value(r, x));
            m = larger(m, by_mixture(r, x));
            o = larger(o, by_output(r, x));
            u = larger(u, last * sums(r, x));
            all = larger(all, by_value(r, x) + by_mixture(r, x) + by_output(r, x) + last * sums(r, x));
        }
        values_.push_back(v), mixture_.push_back(m), output_.push_back(o), unembed_.push_back(u);
        attended_.push_back(all);
    }
}

/// The query's own embedding on its way to the logits, and the rounding of the residual sum.
void Analysis::bound_direct(const Stage& input) {
    const Magnitudes unembed = magnitudes(w_.W_U);
    const Magnitudes error =
        combined(input.error, input.reach(), [](double e, double r) { return e + (kFloatUnit * r + kTiny); });
    const Magnitudes reach = input.size + error;
    watch(reach * unembed);
    const double rounding = gamma(shape_.d_model), tiny = underflow(shape_.d_model);
    direct_ = combined(error, reach, [=](double e, double r) { return e + rounding * r; }) * unembed;
    direct_ = combined(direct_, direct_, [=](double e, double) { return e + tiny; });
}

double Analysis::softmax_part(std::size_t q, std::size_t x, double& scores_only) const {
    const std::size_t n = shape_.n_ctx;
    checkpoint(shape_.d_vocab * n);
    std::vector<Attended> choices;
    const auto add = [&](std::size_t t, std::size_t from, std::size_t to) {
        Attended a;
        for (std::size_t i = from; i < to; ++i) {
            const Interval logit = paths_.EVOU(t, x) + paths_.PVOU(i, x);
            a.low = std::min(a.low, logit.lower());
            a.high = std::max(a.high, logit.upper());
            a.error = std::max(a.error, score_(q, row(t, i)));
        }
        choices.push_back(a);
    };
    if (n > 1) {
        for (std::size_t t = 0; t < shape_.d_vocab; ++t) add(t, 0, n - 1);
    }
    add(q, n - 1, n);
    scores_only = shift_of_mean(up_, choices, 0);
    return shift_of_mean(up_, choices, exponent_[q]);
}

Float32Error Analysis::run() {
    const Stage x = embed();
    const Stage input = last_position(x);
    bound_scores(project(input, w_.W_Q), project(x, w_.W_K));
    bound_attended(project(x, w_.W_V));
    bound_direct(input);
    watch(magnitudes(paths_.EVOU)), watch(magnitudes(paths_.PVOU)), watch(score_), watch(direct_);

    Float32Error result;
    result.softmax_needs_maximum = needs_maximum_;
    result.by_query.assign(shape_.d_vocab, std::numeric_limits<double>::infinity());
    result.logit = std::numeric_limits<double>::infinity();
    if (!fits_) return result;
    double scores = 0, exponent = 0, residual = 0;
    result.logit = 0;
    for (std::size_t q = 0; q < shape_.d_vocab; ++q) {
        double worst = 0;
        for (std::size_t o = 0; o < shape_.d_vocab; ++o) {
            double scores_only = 0;
            const double softmax = softmax_part(q, o, scores_only);
            worst = larger(worst, softmax + attended_[o] + direct_(q, o));
            scores = larger(scores, scores_only);
            exponent = larger(exponent, softmax - scores_only);
            residual = larger(residual, direct_(q, o));
        }
        result.by_query[q] = worst;
        result.logit = larger(result.logit, worst);
    }
    if (!(result.logit < kNoOverflow)) result.logit = std::numeric_limits<double>::infinity();
    const auto most = [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); };
    result.stages = {{"scores", scores},          {"exp", exponent},         {"values", most(values_)},
                     {"mixture", most(mixture_)}, {"output", most(output_)}, {"unembed", most(unembed_)},
                     {"direct", residual}};
    return result;
}

}  // namespace

bool Float32Error::bounded() const {
    return logit < kNoOverflow;
}

// Not inlined, as it rounds to nearest.
[[gnu::noinline]] static bool has_too_many_scores(const Shape& shape) {
    const double V = shape.d_vocab, K = shape.n_ctx;
    return V * V * K > kMostScores;
}

const Float32Error& float32_error(Model& model, Float32Options options) {
    return model.shared<Float32Error>("float32/" + std::to_string(options.exp_ulp), [&] {
        if (has_too_many_scores(model.shape())) {
            Float32Error unknown;
            unknown.logit = std::numeric_limits<double>::infinity();
            unknown.softmax_needs_maximum = true;
            return unknown;
        }
        paths_of<Interval>(model);
        const RoundUpward up;
        return Analysis(up, model, options.exp_ulp).run();
    });
}

}  // namespace maxcert
