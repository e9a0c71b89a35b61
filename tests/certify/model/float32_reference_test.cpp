// The float32 error bound of models with one dimension, against the formulas of SOUNDNESS T6 in exact
// rationals, written out by rounding: the bound is never below them, by not even its last bit, and not far
// above.
#include <gmpxx.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "certify/model/float32/error.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;
using Rational = mpq_class;

Rational power_of_two(int exponent) {
    Rational r = 1;
    if (exponent >= 0) mpq_mul_2exp(r.get_mpq_t(), r.get_mpq_t(), static_cast<unsigned long>(exponent));
    if (exponent < 0) mpq_div_2exp(r.get_mpq_t(), r.get_mpq_t(), static_cast<unsigned long>(-exponent));
    return r;
}

const Rational kUnit = power_of_two(-24), kTiny = power_of_two(-126);

/// n roundings.
Rational gamma(int n) {
    return n * kUnit / (1 - n * kUnit);
}

/// A real value, and how far its float can be from it.
struct Value {
    Rational real, error;
    Rational reach() const { return abs(real) + error; }
};

/// The factors of a model with d_model = d_head = 1, where 1/sqrt(d_head) is 1 but counts as rounded.
struct Scalars {
    std::vector<Rational> tokens, positions, U;
    Rational Q, K, V, O;
};

struct Reference {
    const Scalars& s;
    unsigned exp_ulp;

    int n() const { return static_cast<int>(s.positions.size()); }

    /// One rounding of the sum.
    Value embed(std::size_t t, std::size_t i) const {
        const Rational x = s.tokens[t] + s.positions[i];
        return {x, kUnit * abs(x) + kTiny};
    }
    /// A product, and one more should the program scale it; each may underflow, at four times 2^-126.
    Value project(const Value& x, const Rational& w) const {
        return {x.real * w, (x.error + gamma(1) * x.reach()) * abs(w) + 4 * kTiny + 4 * kTiny};
    }
    Rational score_error(std::size_t q, std::size_t t, std::size_t i) const {
        const Value query = project(embed(q, s.positions.size() - 1), s.Q), key = project(embed(t, i), s.K);
        Rational low = key.real, high = key.real;
        for (std::size_t other = 0; other < s.tokens.size(); ++other) {
            for (std::size_t j = 0; j < s.positions.size(); ++j) {
                const Rational k = project(embed(other, j), s.K).real;
                low = std::min(low, k), high = std::max(high, k);
            }
        }
        const Rational centred = abs(Rational(key.real - (low + high) / 2));
        // One product and four roundings of the scale.
        const Rational own = query.reach() * (key.error + gamma(1 + 4) * key.reach());
        return own + query.error * centred + (4 * kTiny + kTiny);
    }
    Rational score(std::size_t q, std::size_t t, std::size_t i) const {
        return embed(q, s.positions.size() - 1).real * s.Q * embed(t, i).real * s.K;
    }
    /// Of each token where it may stand: its logits on output x, and the error of its score.
    struct Choice {
        Rational low, high, error;
    };
    std::vector<Choice> choices(std::size_t q, std::size_t x) const {
        std::vector<Choice> found;
        const std::size_t last = s.positions.size() - 1;
        for (std::size_t t = last == 0 ? s.tokens.size() : 0; t <= s.tokens.size(); ++t) {
            const bool own = t == s.tokens.size();
            Choice c;
            for (std::size_t i = own ? last : 0; i < (own ? last + 1 : last); ++i) {
                const std::size_t token = own ? q : t;
                const Rational f = (s.tokens[token] + s.positions[i]) * s.V * s.O * s.U[x];
                const bool first = i == (own ? last : 0);
                c.low = first ? f : std::min(c.low, f), c.high = first ? f : std::max(c.high, f);
                c.error = std::max(c.error, score_error(q, token, i));
            }
            found.push_back(c);
        }
        return found;
    }
    /// Subtraction of the maximum, and exp.
    Rational exponent_error(std::size_t q) const {
        Rational low, high, error;
        bool first = true;
        const std::size_t last = s.positions.size() - 1;
        for (std::size_t t = 0; t < s.tokens.size(); ++t) {
            for (std::size_t i = 0; i <= last; ++i) {
                if (i == last && t != q) continue;
                const Rational value = score(q, t, i);
                low = first ? value : std::min(low, value), high = first ? value : std::max(high, value);
                error = std::max(error, score_error(q, t, i));
                first = false;
            }
        }
        const Rational relative = exp_ulp * power_of_two(-23);
        return kUnit * (high - low + 2 * error) + kTiny + relative / (1 - relative);
    }
    Rational softmax(std::size_t q, std::size_t x, const Rational& extra) const {
        Rational most;
        for (const Choice& a : choices(q, x)) {
            for (const Choice& b : choices(q, x)) {
                most = std::max(most, Rational((a.high - b.low) * (a.error + b.error + 2 * extra) / 4));
            }
        }
        return most;
    }
    /// Mixture, output and unembedding, of the worst token and position.
    Rational attended(std::size_t x, bool subtracts, Rational& mixture) const {
        Rational largest_reach, worst;
        for (std::size_t t = 0; t < s.tokens.size(); ++t) {
            for (std::size_t i = 0; i < s.positions.size(); ++i) {
                largest_reach = std::max(largest_reach, project(embed(t, i), s.V).reach());
            }
        }
        const Rational weight = subtracts ? power_of_two(-120) : power_of_two(-36);
        for (std::size_t t = 0; t < s.tokens.size(); ++t) {
            for (std::size_t i = 0; i < s.positions.size(); ++i) {
                const Value value = project(embed(t, i), s.V);
                const Rational mixed =
                    gamma(2 * n() + 4) * value.reach() + 2 * n() * weight * largest_reach + 4 * n() * kTiny;
                const Rational error = value.error + mixed;
                const Rational out = gamma(1 + 1) * (abs(value.real) + error) * abs(s.O) + 4 * kTiny;
                const Rational residual = abs(Rational(value.real * s.O)) + error * abs(s.O) + out;
                const Rational circuit = abs(Rational(s.O * s.U[x])), u = abs(s.U[x]);
                mixture = std::max(mixture, Rational(mixed * circuit));
                worst = std::max(worst, Rational(error * circuit + out * u + gamma(1) * residual * u));
            }
        }
        return worst;
    }
    /// Embedding, residual sum and unembedding of the query itself.
    Rational direct(std::size_t q, std::size_t x) const {
        const Value input = embed(q, s.positions.size() - 1);
        const Rational error = input.error + kUnit * input.reach() + kTiny;
        return (error + gamma(1) * (abs(input.real) + error)) * abs(s.U[x]) + 4 * kTiny;
    }
};

struct Drawn {
    Weights weights;
    Scalars scalars;
};

/// Whole numbers of at most three bits times 2^scale, so that products of four are exact in doubles.
Drawn draw(Random& random) {
    Drawn d;
    const auto V = static_cast<std::uint32_t>(1 + random() % 3),
               K = static_cast<std::uint32_t>(1 + random() % 3);
    d.weights.shape = {K, V, 1, 1};
    const int scale = random() % 4 == 0   ? -34
                      : random() % 3 == 0 ? 2
                                          : -3;  // products of four underflow, are large
    const auto fill = [&](std::vector<float>& values, std::vector<Rational>& exact, std::size_t n) {
        for (std::size_t j = 0; j < n; ++j) {
            values.push_back(std::ldexp(static_cast<float>(random() % 15) - 7, scale));
            exact.emplace_back(values.back());
        }
    };
    fill(d.weights.W_E, d.scalars.tokens, V);
    fill(d.weights.W_pos, d.scalars.positions, K);
    fill(d.weights.W_U, d.scalars.U, V);
    std::vector<Rational> one;
    for (auto* m : {&d.weights.W_Q, &d.weights.W_K, &d.weights.W_V, &d.weights.W_O}) fill(*m, one, 1);
    d.scalars.Q = one[0], d.scalars.K = one[1], d.scalars.V = one[2], d.scalars.O = one[3];
    return d;
}

TEST(Float32Reference, TheBoundHasEveryTermAndIsRoundedUp) {
    Random random(1);
    int without_maximum = 0;
    for (int round = 0; round < 600; ++round) {
        const Drawn d = draw(random);
        const unsigned ulp = static_cast<unsigned>(random() % 5);
        const Reference reference{d.scalars, ulp};
        Model model(d.weights);
        const Float32Error& bound = float32_error(model, {ulp});
        ASSERT_TRUE(bound.bounded()) << round;
        without_maximum += bound.softmax_needs_maximum ? 0 : 1;
        const std::size_t V = d.weights.shape.d_vocab;
        Rational logit, scores, exponent, mixture, direct;
        for (std::size_t q = 0; q < V; ++q) {
            Rational worst;
            for (std::size_t x = 0; x < V; ++x) {
                const Rational alone = reference.softmax(q, x, 0);
                const Rational softmax = reference.softmax(q, x, reference.exponent_error(q));
                const Rational rest = reference.attended(x, bound.softmax_needs_maximum, mixture);
                worst = std::max(worst, Rational(softmax + rest + reference.direct(q, x)));
                scores = std::max(scores, alone);
                direct = std::max(direct, reference.direct(q, x));
            }
            EXPECT_GE(Rational(bound.by_query[q]), worst) << round << " query " << q;
            logit = std::max(logit, worst);
        }
        EXPECT_GE(Rational(bound.logit), logit) << round;
        EXPECT_LE(bound.logit, logit.get_d() * (1 + 1e-12)) << round;
        for (const auto& [stage, exact] :
             {std::pair("scores", scores), {"mixture", mixture}, {"direct", direct}}) {
            const double figure = bound.stages[stage];
            EXPECT_GE(Rational(figure), exact) << round << ' ' << stage;
            EXPECT_LE(figure, exact.get_d() * (1 + 1e-12)) << round << ' ' << stage;
        }
    }
    EXPECT_GT(without_maximum, 100);
    EXPECT_LT(without_maximum, 590);
}

}  // namespace
}  // namespace maxcert
