#include "tests/support/float_program.hpp"

#include <algorithm>
#include <cmath>

namespace maxcert::testing {
namespace {

template <class T>
using Vector = std::vector<T>;

template <class T>
T dot(const Vector<T>& a, const Vector<T>& b, Order order) {
    const std::size_t n = a.size();
    T sum = 0;
    switch (order) {
        case Order::forward:
            for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
            return sum;
        case Order::reversed:
            for (std::size_t i = n; i-- > 0;) sum += a[i] * b[i];
            return sum;
        case Order::fused:
            for (std::size_t i = 0; i < n; ++i) sum = std::fma(a[i], b[i], sum);
            return sum;
        case Order::pairwise:
            break;
    }
    Vector<T> terms(n);
    for (std::size_t i = 0; i < n; ++i) terms[i] = a[i] * b[i];
    for (; terms.size() > 1; terms.resize((terms.size() + 1) / 2)) {
        for (std::size_t i = 0; 2 * i < terms.size(); ++i) {
            terms[i] = 2 * i + 1 < terms.size() ? terms[2 * i] + terms[2 * i + 1] : terms[2 * i];
        }
    }
    return terms.front();
}

/// v [rows] times m [rows, columns].
template <class T>
Vector<T> times(const Vector<T>& v, const std::vector<float>& m, Order order) {
    const std::size_t columns = m.size() / v.size();
    Vector<T> result(columns), column(v.size());
    for (std::size_t j = 0; j < columns; ++j) {
        for (std::size_t i = 0; i < v.size(); ++i) column[i] = m[i * columns + j];
        result[j] = dot(v, column, order);
    }
    return result;
}

template <class T>
Vector<T> logits(const Weights& w, const std::vector<std::uint32_t>& tokens, Order order,
                 bool subtract_maximum, unsigned exp_ulp) {
    const Shape& s = w.shape;
    Vector<Vector<T>> x, values;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        Vector<T> sum(s.d_model);
        for (std::size_t d = 0; d < s.d_model; ++d) {
            sum[d] = T(w.W_E[tokens[i] * s.d_model + d]) + T(w.W_pos[i * s.d_model + d]);
        }
        values.push_back(times(sum, w.W_V, order));
        x.push_back(std::move(sum));
    }
    const Vector<T> query = times(x.back(), w.W_Q, order);
    Vector<T> score;
    for (const auto& input : x) {
        score.push_back(dot(query, times(input, w.W_K, order), order) / std::sqrt(T(s.d_head)));
    }
    if (subtract_maximum) {
        const T most = *std::max_element(score.begin(), score.end());
        for (T& e : score) e -= most;
    }
    for (std::size_t i = 0; i < score.size(); ++i) {
        const T off = static_cast<T>(exp_ulp) * T(0x1p-23);
        score[i] = std::exp(score[i]) * (i % 2 == 0 ? 1 + off : 1 - off);
    }
    const T sum = dot(score, Vector<T>(score.size(), T(1)), order);
    for (T& e : score) e /= sum;
    Vector<T> mixed(s.d_head);
    for (std::size_t h = 0; h < s.d_head; ++h) {
        Vector<T> column;
        for (const auto& v : values) column.push_back(v[h]);
        mixed[h] = dot(score, column, order);
    }
    Vector<T> residual = times(mixed, w.W_O, order);
    for (std::size_t d = 0; d < s.d_model; ++d) residual[d] = x.back()[d] + residual[d];
    return times(residual, w.W_U, order);
}

}  // namespace

std::vector<float> float_logits(const Weights& weights, const std::vector<std::uint32_t>& tokens, Order order,
                                bool subtract_maximum, unsigned exp_ulp) {
    return logits<float>(weights, tokens, order, subtract_maximum, exp_ulp);
}

std::vector<long double> real_logits(const Weights& weights, const std::vector<std::uint32_t>& tokens) {
    return logits<long double>(weights, tokens, Order::forward, true, 0);
}

}  // namespace maxcert::testing
