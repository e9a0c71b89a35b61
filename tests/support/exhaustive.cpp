#include "tests/support/exhaustive.hpp"

#include <algorithm>

#include "certify/arithmetic/mpfr_interval.hpp"

namespace maxcert::testing {
namespace {

constexpr long kBits = 1024;
constexpr long kTrustedBits = 300;

using Vector = std::vector<Mpfr>;

Mpfr number(double value) {
    Mpfr x;
    mpfr_set_d(x.get(), value, MPFR_RNDN);
    return x;
}

void add_product(Mpfr& sum, const Mpfr& a, const Mpfr& b) {
    mpfr_fma(sum.get(), a.get(), b.get(), sum.get(), MPFR_RNDN);
}

/// v [rows] times m [rows, columns].
Vector times(const Vector& v, const std::vector<float>& m, std::size_t columns) {
    Vector out(columns);
    for (std::size_t i = 0; i < v.size(); ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            add_product(out[j], v[i], number(static_cast<double>(m[i * columns + j])));
        }
    }
    return out;
}

Mpfr dot(const Vector& a, const Vector& b) {
    Mpfr sum;
    for (std::size_t i = 0; i < a.size(); ++i) add_product(sum, a[i], b[i]);
    return sum;
}

/// The model, with the residual stream and its query, key and value of every token at every position.
class Model {
  public:
    Model(const Weights& w, const std::string& margin) : w_(w) {
        const Shape& s = w.shape;
        mpfr_set_str(margin_.get(), margin.c_str(), 10, MPFR_RNDN);
        for (std::size_t t = 0; t < s.d_vocab; ++t) {
            for (std::size_t i = 0; i < s.n_ctx; ++i) {
                Vector x(s.d_model);
                for (std::size_t d = 0; d < s.d_model; ++d) {
                    const Mpfr e = number(static_cast<double>(w.W_E[t * s.d_model + d]));
                    const Mpfr p = number(static_cast<double>(w.W_pos[i * s.d_model + d]));
                    mpfr_add(x[d].get(), e.get(), p.get(), MPFR_RNDN);
                }
                query_.push_back(times(x, w.W_Q, s.d_head));
                key_.push_back(times(x, w.W_K, s.d_head));
                attended_.push_back(times(times(x, w.W_V, s.d_head), w.W_O, s.d_model));
                input_.push_back(std::move(x));
            }
        }
    }

    Truth judge(const std::vector<std::uint32_t>& tokens) const {
        const Vector residual = last_residual(tokens);
        const std::uint32_t largest = *std::max_element(tokens.begin(), tokens.end());
        bool undecided = false;
        for (std::uint32_t x = 0; x < w_.shape.d_vocab; ++x) {
            if (x == largest) continue;
            const Truth t = compare(residual, x, largest);
            if (t == Truth::wrong) return t;
            undecided = undecided || t == Truth::undecided;
        }
        return undecided ? Truth::undecided : Truth::right;
    }

  private:
    std::size_t at(std::uint32_t token, std::size_t position) const {
        return token * w_.shape.n_ctx + position;
    }

    Vector last_residual(const std::vector<std::uint32_t>& tokens) const {
        const std::size_t last = tokens.size() - 1;
        Vector score;
        for (std::size_t i = 0; i <= last; ++i) {
            Mpfr s = dot(query_[at(tokens[last], last)], key_[at(tokens[i], i)]);
            Mpfr root;
            mpfr_sqrt_ui(root.get(), w_.shape.d_head, MPFR_RNDN);
            mpfr_div(s.get(), s.get(), root.get(), MPFR_RNDN);
            score.push_back(std::move(s));
        }
        Mpfr highest = score[0];
        for (const Mpfr& s : score) mpfr_max(highest.get(), highest.get(), s.get(), MPFR_RNDN);
        Mpfr mass;
        for (Mpfr& s : score) {
            mpfr_sub(s.get(), s.get(), highest.get(), MPFR_RNDN);
            mpfr_exp(s.get(), s.get(), MPFR_RNDN);
            mpfr_add(mass.get(), mass.get(), s.get(), MPFR_RNDN);
        }
        Vector residual = input_[at(tokens[last], last)];
        for (std::size_t i = 0; i <= last; ++i) {
            mpfr_div(score[i].get(), score[i].get(), mass.get(), MPFR_RNDN);
            const Vector& value = attended_[at(tokens[i], i)];
            for (std::size_t d = 0; d < residual.size(); ++d) add_product(residual[d], score[i], value[d]);
        }
        return residual;
    }

    /// Is logit[x] + margin < logit[m]?
    Truth compare(const Vector& residual, std::uint32_t x, std::uint32_t m) const {
        Mpfr difference = margin_, scale = margin_;
        bool equal_columns = true;
        for (std::size_t d = 0; d < residual.size(); ++d) {
            const float ux = w_.W_U[d * w_.shape.d_vocab + x], um = w_.W_U[d * w_.shape.d_vocab + m];
            equal_columns = equal_columns && ux == um;
            Mpfr u = number(static_cast<double>(ux));
            mpfr_sub_d(u.get(), u.get(), static_cast<double>(um), MPFR_RNDN);
            add_product(difference, residual[d], u);
            mpfr_mul(u.get(), residual[d].get(), u.get(), MPFR_RNDN);
            mpfr_abs(u.get(), u.get(), MPFR_RNDN);
            mpfr_add(scale.get(), scale.get(), u.get(), MPFR_RNDN);
        }
        if (equal_columns) return Truth::wrong;
        mpfr_mul_2si(scale.get(), scale.get(), -kTrustedBits, MPFR_RNDN);
        if (mpfr_cmpabs(difference.get(), scale.get()) <= 0) return Truth::undecided;
        return mpfr_sgn(difference.get()) < 0 ? Truth::right : Truth::wrong;
    }

    const Weights& w_;
    Mpfr margin_;
    std::vector<Vector> query_, key_, attended_, input_;  // by at()
};

}  // namespace

std::uint64_t sequence_index(const std::vector<std::uint32_t>& tokens, std::uint32_t d_vocab) {
    std::uint64_t index = 0;
    for (const std::uint32_t t : tokens) index = index * d_vocab + t;
    return index;
}

std::vector<std::uint32_t> sequence_at(std::uint64_t index, const Shape& shape) {
    std::vector<std::uint32_t> tokens(shape.n_ctx);
    for (std::size_t i = shape.n_ctx; i-- > 0; index /= shape.d_vocab) {
        tokens[i] = static_cast<std::uint32_t>(index % shape.d_vocab);
    }
    return tokens;
}

Exhaustive run_exhaustively(const Weights& weights, const std::string& margin) {
    const WorkingPrecision precision(kBits);
    const Model model(weights, margin);
    std::uint64_t total = 1;
    for (std::uint32_t i = 0; i < weights.shape.n_ctx; ++i) total *= weights.shape.d_vocab;
    Exhaustive result;
    for (std::uint64_t i = 0; i < total; ++i) {
        const Truth t = model.judge(sequence_at(i, weights.shape));
        result.truth.push_back(t);
        (t == Truth::right ? result.right : t == Truth::wrong ? result.wrong : result.undecided) += 1;
    }
    return result;
}

}  // namespace maxcert::testing
