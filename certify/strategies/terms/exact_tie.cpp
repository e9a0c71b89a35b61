// Floats are whole multiples of 2^-149, so scores (before the common factor 1/√d_head) and the brackets of T0
// are integers on a common scale. Positions with the same score have the same exponential; exponentials of
// different scores are exponentials of different algebraic numbers, which no rational coefficients but zeros
// sum to zero (Lindemann and Weierstrass). So the sum is zero iff the brackets of every group of equal scores
// are.
#include "certify/strategies/terms/exact_tie.hpp"

#include <cmath>
#include <map>

namespace maxcert {
namespace {

constexpr unsigned kUnit = 149;  // binary places of a float at most

/// row [rows] times m [rows, columns].
std::vector<mpz_class> times(const mpz_class* row, const std::vector<mpz_class>& m, std::size_t rows,
                             std::size_t columns) {
    std::vector<mpz_class> result(columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) result[j] += row[i] * m[i * columns + j];
    }
    return result;
}

/// Σ_d row[d] (m[d, x] - m[d, y]) of m [rows, columns].
mpz_class difference(const std::vector<mpz_class>& row, const std::vector<mpz_class>& m, std::size_t columns,
                     std::size_t x, std::size_t y) {
    mpz_class sum;
    for (std::size_t d = 0; d < row.size(); ++d) sum += row[d] * (m[d * columns + x] - m[d * columns + y]);
    return sum;
}

}  // namespace

std::vector<mpz_class> TieDecider::scaled(const std::vector<float>& values) {
    std::vector<mpz_class> integers;
    integers.reserve(values.size());
    // At most 2^277: exact as a double, and whole.
    for (const float v : values) integers.emplace_back(std::ldexp(static_cast<double>(v), kUnit));
    return integers;
}

TieDecider::TieDecider(const Weights& w)
    : shape_(w.shape),
      W_E_(scaled(w.W_E)),
      W_pos_(scaled(w.W_pos)),
      W_Q_(scaled(w.W_Q)),
      W_K_(scaled(w.W_K)),
      W_V_(scaled(w.W_V)),
      W_O_(scaled(w.W_O)),
      W_U_(scaled(w.W_U)),
      queries_(w.shape.d_vocab),
      tokens_(w.shape.d_vocab),
      positions_(w.shape.n_ctx) {}

const TieDecider::Query& TieDecider::query(std::size_t q) {
    std::optional<Query>& known = queries_[q];
    if (known) return *known;
    const std::size_t D = shape_.d_model, H = shape_.d_head;
    Query made;
    for (std::size_t d = 0; d < D; ++d) {
        made.direct.push_back(W_E_[q * D + d] + W_pos_[(shape_.n_ctx - 1) * D + d]);
    }
    const Integers asked = times(made.direct.data(), W_Q_, D, H);
    for (std::size_t d = 0; d < D; ++d) {
        mpz_class sum;
        for (std::size_t h = 0; h < H; ++h) sum += asked[h] * W_K_[d * H + h];
        made.asks.push_back(sum);
    }
    return known.emplace(std::move(made));
}

const TieDecider::Source& TieDecider::source(std::vector<std::optional<Source>>& known,
                                             const Integers& embeddings, std::size_t row) {
    if (known[row]) return *known[row];
    const std::size_t D = shape_.d_model, H = shape_.d_head;
    const Integers value = times(embeddings.data() + row * D, W_V_, D, H);
    return known[row].emplace(Source{times(value.data(), W_O_, H, D)});
}

bool TieDecider::is_tie(const std::vector<std::uint32_t>& tokens, std::size_t m, std::size_t x,
                        const mpq_class& margin) {
    const std::size_t D = shape_.d_model, V = shape_.d_vocab;
    const Query& from = query(tokens.back());
    // The direct path is a product of two matrices, in units of 2^-298; the others are products of four.
    const mpz_class direct = difference(from.direct, W_U_, V, x, m) << (2 * kUnit);
    mpq_class scaled_margin = margin;
    mpq_mul_2exp(scaled_margin.get_mpq_t(), scaled_margin.get_mpq_t(), 4 * kUnit);
    std::map<mpz_class, mpq_class> by_score;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::size_t t = tokens[i];
        mpz_class score;
        for (std::size_t d = 0; d < D; ++d) score += from.asks[d] * (W_E_[t * D + d] + W_pos_[i * D + d]);
        const mpz_class bracket = direct + difference(source(tokens_, W_E_, t).adds, W_U_, V, x, m) +
                                  difference(source(positions_, W_pos_, i).adds, W_U_, V, x, m);
        by_score[score] += bracket + scaled_margin;
    }
    for (const auto& [score, sum] : by_score) {
        if (sum != 0) return false;
    }
    return true;
}

}  // namespace maxcert
