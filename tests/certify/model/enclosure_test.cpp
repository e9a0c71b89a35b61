// Weights and paths in intervals against exact rationals: the mode in which they are multiplied shows.
#include <gmpxx.h>
#include <gtest/gtest.h>

#include <vector>

#include "certify/model/model.hpp"
#include "certify/model/paths.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::Random;
using Rationals = Matrix<mpq_class>;

Rationals exact(const std::vector<float>& values, std::size_t rows, std::size_t columns) {
    Rationals m(rows, columns);
    for (std::size_t j = 0; j < values.size(); ++j) m(j / columns, j % columns) = mpq_class(values[j]);
    return m;
}

Rationals product(const Rationals& a, const Rationals& b) {
    Rationals c(a.rows(), b.columns());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < b.columns(); ++j) {
            for (std::size_t k = 0; k < b.rows(); ++k) c(i, j) += a(i, k) * b(k, j);
        }
    }
    return c;
}

void expect_encloses(const Matrix<Interval>& enclosures, const Rationals& truth, const char* what) {
    ASSERT_EQ(enclosures.rows(), truth.rows()) << what;
    for (std::size_t i = 0; i < truth.rows(); ++i) {
        for (std::size_t j = 0; j < truth.columns(); ++j) {
            EXPECT_LE(mpq_class(enclosures(i, j).lower()), truth(i, j)) << what << ' ' << i << ' ' << j;
            EXPECT_GE(mpq_class(enclosures(i, j).upper()), truth(i, j)) << what << ' ' << i << ' ' << j;
        }
    }
}

TEST(Enclosures, PathsHoldTheExactProducts) {
    Random random(1);
    for (int round = 0; round < 8; ++round) {
        const Weights w = testing::gaussian_model(random, {2, 3, 5, 4}, 0.7F);
        const auto& s = w.shape;
        Model model(w);
        const Paths<Interval>& p = paths_of<Interval>(model);
        const Rationals E = exact(w.W_E, s.d_vocab, s.d_model), P = exact(w.W_pos, s.n_ctx, s.d_model);
        const Rationals U = exact(w.W_U, s.d_model, s.d_vocab);
        const Rationals OV = product(exact(w.W_V, s.d_model, s.d_head), exact(w.W_O, s.d_head, s.d_model));
        Rationals x = E;
        for (std::size_t q = 0; q < x.rows(); ++q) {
            for (std::size_t d = 0; d < x.columns(); ++d) x(q, d) += P(s.n_ctx - 1, d);
        }
        expect_encloses(p.EU, product(x, U), "EU");
        expect_encloses(p.EVOU, product(product(E, OV), U), "EVOU");
        expect_encloses(p.PVOU, product(product(P, OV), U), "PVOU");
    }
}

TEST(Enclosures, BoxesHoldTheirCorners) {
    Random random(2);
    const Weights w = testing::gaussian_model(random, {2, 4, 6, 3}, 3);
    const WeightRadius radius("1e-6", "1e-4");
    const mpq_class absolute(1, 1000000), relative(1, 10000);
    Model box = model_of(w, radius);
    const Rationals centre = exact(w.W_E, 4, 6);
    for (const int sign : {-1, 1}) {
        Rationals corner = centre;
        for (std::size_t i = 0; i < corner.rows(); ++i) {
            for (std::size_t j = 0; j < corner.columns(); ++j) {
                corner(i, j) += sign * (absolute + relative * abs(centre(i, j)));
            }
        }
        expect_encloses(box.weight_matrices<Interval>().W_E, corner, "corner");
    }
}

}  // namespace
}  // namespace maxcert
