#include "tests/support/random_models.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace maxcert::testing {
namespace {

std::size_t below(Random& random, std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
}

void fill_normal(Random& random, std::vector<float>& values, float scale) {
    std::normal_distribution<float> normal(0.0F, 1.0F);
    for (float& v : values) v = scale * normal(random);
}

void add_noise(Random& random, Matrix<float>& m, float scale) {
    std::normal_distribution<float> normal(0.0F, 1.0F);
    for (std::size_t i = 0; i < m.rows(); ++i) {
        for (std::size_t j = 0; j < m.columns(); ++j) m(i, j) += scale * normal(random);
    }
}

void fill_integers(Random& random, Matrix<float>& m, int largest) {
    std::uniform_int_distribution<int> pick(-largest, largest);
    for (std::size_t i = 0; i < m.rows(); ++i) {
        for (std::size_t j = 0; j < m.columns(); ++j) m(i, j) = static_cast<float>(pick(random));
    }
}

Weights zero_weights(const Shape& s) {
    Weights w;
    w.shape = s;
    w.W_E.resize(std::size_t{s.d_vocab} * s.d_model);
    w.W_pos.resize(std::size_t{s.n_ctx} * s.d_model);
    for (auto* m : {&w.W_Q, &w.W_K, &w.W_V}) m->resize(std::size_t{s.d_model} * s.d_head);
    w.W_O.resize(std::size_t{s.d_head} * s.d_model);
    w.W_U.resize(std::size_t{s.d_model} * s.d_vocab);
    return w;
}

std::vector<std::vector<float>*> matrices(Weights& w) {
    return {&w.W_E, &w.W_pos, &w.W_Q, &w.W_K, &w.W_V, &w.W_O, &w.W_U};
}

std::string make_degenerate(Random& random, Weights& w) {
    const Shape& s = w.shape;
    const std::size_t a = below(random, s.d_vocab), b = below(random, s.d_vocab);
    switch (below(random, 6)) {
        case 0:
            for (std::size_t d = 0; d < s.d_model; ++d) w.W_E[a * s.d_model + d] = w.W_E[b * s.d_model + d];
            return ", duplicate tokens";
        case 1:
            for (std::size_t d = 0; d < s.d_model; ++d) w.W_U[d * s.d_vocab + a] = w.W_U[d * s.d_vocab + b];
            return ", equal columns of W_U";
        case 2:
            std::fill(w.W_pos.begin(), w.W_pos.end(), 0.0F);
            return ", no positions";
        case 3: {
            const std::size_t which = below(random, 7);
            std::fill(matrices(w)[which]->begin(), matrices(w)[which]->end(), 0.0F);
            return ", matrix " + std::to_string(which) + " zero";
        }
        case 4: {
            // Entries stay finite floats: the largest of these models is below 1e5.
            const std::size_t which = below(random, 7);
            const float factor = below(random, 2) == 0 ? 1e-30F : 1e30F;
            for (float& v : *matrices(w)[which]) v *= factor;
            return ", matrix " + std::to_string(which) + " scaled by " + std::to_string(factor);
        }
        default: {
            const std::size_t which = below(random, 7);
            for (float& v : *matrices(w)[which]) v = std::nearbyint(v);
            return ", matrix " + std::to_string(which) + " rounded to integers";
        }
    }
}

}  // namespace

Weights weights_with_paths(const OrderedPaths& p) {
    const std::size_t V = p.EU.rows(), K = p.PVOU.rows();
    const std::size_t D = 2 * V + K, H = V + K;
    Weights w = zero_weights({static_cast<std::uint32_t>(K), static_cast<std::uint32_t>(V),
                              static_cast<std::uint32_t>(D), static_cast<std::uint32_t>(H)});
    // Dimensions of the residual stream: token (V), output (V), position (K).
    for (std::size_t t = 0; t < V; ++t) {
        w.W_E[t * D + t] = 1;
        w.W_K[t * H + t] = 1;
        w.W_O[t * D + V + t] = 1;
        w.W_U[(V + t) * V + t] = 1;
        for (std::size_t x = 0; x < V; ++x) {
            w.W_U[t * V + x] = p.EU(t, x);
            w.W_V[t * H + x] = p.EVOU(t, x);
            w.W_Q[t * H + x] = p.EQKE(t, x);
        }
        for (std::size_t i = 0; i < K; ++i) w.W_Q[t * H + V + i] = p.EQKP(t, i);
    }
    for (std::size_t i = 0; i < K; ++i) {
        w.W_pos[i * D + 2 * V + i] = 1;
        w.W_K[(2 * V + i) * H + V + i] = 1;
        for (std::size_t x = 0; x < V; ++x) w.W_V[(2 * V + i) * H + x] = p.PVOU(i, x);
    }
    return w;
}

Weights gaussian_model(Random& random, const Shape& shape, float scale) {
    Weights w = zero_weights(shape);
    for (auto* m : matrices(w)) fill_normal(random, *m, scale);
    return w;
}

Weights max_like_model(Random& random, std::uint32_t n_ctx, std::uint32_t d_vocab) {
    OrderedPaths p(n_ctx, d_vocab);
    const float sharpness = static_cast<float>(1 << below(random, 6));
    const float noise = static_cast<float>(std::pow(10.0, -static_cast<double>(below(random, 5))));
    for (std::size_t q = 0; q < d_vocab; ++q) {
        for (std::size_t t = 0; t < d_vocab; ++t) p.EQKE(q, t) = sharpness * static_cast<float>(t);
        p.EVOU(q, q) = 4;
        for (std::size_t x = 0; x < d_vocab; ++x) {
            p.EVOU(q, x) -= static_cast<float>(below(random, 2)) * 0.5F *
                            std::fabs(static_cast<float>(q) - static_cast<float>(x));
        }
    }
    add_noise(random, p.EQKE, noise);
    add_noise(random, p.EVOU, noise);
    add_noise(random, p.EU, noise);
    add_noise(random, p.PVOU, noise);
    add_noise(random, p.EQKP, noise);
    return weights_with_paths(p);
}

Weights integer_model(Random& random, std::uint32_t n_ctx, std::uint32_t d_vocab) {
    OrderedPaths p(n_ctx, d_vocab);
    const int largest = static_cast<int>(below(random, 3)) + 1;
    for (auto* m : {&p.EU, &p.EVOU, &p.PVOU}) fill_integers(random, *m, largest);
    // Scores of zero make the attention weights rational, so that whole sums tie.
    if (below(random, 3) == 0) fill_integers(random, p.EQKE, largest);
    if (below(random, 3) == 0) fill_integers(random, p.EQKP, largest);
    // A bonus for the largest token, so that not everything is wrong.
    for (std::size_t t = 0; t < d_vocab; ++t) p.EVOU(t, t) += static_cast<float>(2 * largest);
    return weights_with_paths(p);
}

Weights random_model(std::uint64_t seed, std::uint32_t max_ctx, std::uint32_t max_vocab,
                     std::string* description) {
    Random random(seed);
    const auto n_ctx = static_cast<std::uint32_t>(1 + below(random, max_ctx));
    // V = 1 is a shape of its own; draw it rarely.
    const auto d_vocab = static_cast<std::uint32_t>(
        max_vocab == 1 || below(random, 40) == 0 ? 1 : 2 + below(random, max_vocab - 1));
    std::string text;
    Weights w;
    switch (below(random, 4)) {
        case 0: {
            static constexpr float scales[] = {1e-3F, 0.1F, 0.5F, 1.0F, 3.0F, 30.0F};
            const float scale = scales[below(random, 6)];
            const auto d_model = static_cast<std::uint32_t>(1 + below(random, 6));
            const auto d_head = static_cast<std::uint32_t>(1 + below(random, 5));
            w = gaussian_model(random, {n_ctx, d_vocab, d_model, d_head}, scale);
            text = "gaussian of scale " + std::to_string(scale);
            break;
        }
        case 1:
            w = integer_model(random, n_ctx, d_vocab);
            text = "integer paths";
            break;
        default:
            w = max_like_model(random, n_ctx, d_vocab);
            text = "max-like";
    }
    if (below(random, 2) == 0) text += make_degenerate(random, w);
    if (description != nullptr) {
        *description = "seed " + std::to_string(seed) + ": V=" + std::to_string(d_vocab) +
                       " K=" + std::to_string(n_ctx) + ", " + text;
    }
    return w;
}

}  // namespace maxcert::testing
