// The fused step against LibTorch's autograd of the model written plainly.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "data/experiment/sampler.hpp"
#include "train/autograd.hpp"
#include "train/fused_step.hpp"

namespace maxcert {
namespace {

struct Case {
    Shape shape;
    double scale;  ///< multiplies fresh weights: large ones saturate both softmaxes
};

class Gradient : public testing::TestWithParam<Case> {};

TEST_P(Gradient, OfFusedStepIsThatOfAutograd) {
    const auto& [shape, scale] = GetParam();
    constexpr std::int64_t n = 24;
    const Parameters parameters(shape);
    auto row = at::zeros({parameters.row()}, at::kFloat);
    auto gradient = at::full({parameters.row()}, 7.0, at::kFloat);  // stale values must not survive
    parameters.initialise(row, 1);
    row.mul_(scale);
    FusedStep step(parameters, row, gradient, n);
    const auto sequences = Sampler(shape, 2).sequences(n);
    const double loss = step.gradient(sequences.data());

    // In double: the reference should not add errors of its own.
    auto reference = row.to(at::kDouble).unsqueeze(0).requires_grad_(true);
    const auto tokens = at::tensor(sequences, at::kLong).view({1, n, shape.n_ctx});
    const auto expected = losses_of(parameters, reference, tokens);
    expected.sum().backward();
    EXPECT_NEAR(loss, expected.item<double>(), 1e-5 * (1 + loss));
    for (const auto name : {Parameters::W_E, Parameters::W_pos, Parameters::W_Q, Parameters::W_K,
                            Parameters::W_V, Parameters::W_O, Parameters::W_U}) {
        const auto fused = parameters.view(gradient.unsqueeze(0), name).to(at::kDouble);
        const auto exact = parameters.view(reference.grad(), name);
        const double largest = exact.abs().max().item<double>();
        EXPECT_LT((fused - exact).abs().max().item<double>(), 1e-5 * scale * scale * (largest + 1e-6))
            << "matrix " << name;
        EXPECT_GT(largest + (shape.n_ctx == 1 ? 1.0 : 0.0), 0.0) << "matrix " << name;
    }
    // A second call starts afresh.
    const auto first = gradient.clone();
    EXPECT_EQ(step.gradient(sequences.data()), loss);
    EXPECT_TRUE(at::equal(first, gradient));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Gradient,
                         testing::Values(Case{{4, 64, 32, 32}, 1}, Case{{20, 64, 32, 32}, 1},
                                         Case{{3, 5, 7, 2}, 1}, Case{{1, 2, 3, 4}, 1},
                                         Case{{5, 17, 18, 40}, 1}, Case{{4, 9, 16, 8}, 3}));

TEST(Gradient, LossOfSmallErrorsDoesNotCancel) {
    // One logit 30 above the others: loss log1p((V-1) e^-30), where 1 + e^-30 rounds to 1 in float.
    const Shape shape{1, 4, 1, 1};
    const std::int64_t token = 2;
    float logits[4] = {0, 0, 30, 0};
    const double loss = kernels::cross_entropy(shape, &token, 1, logits);
    const double small = std::exp(-30.0);
    EXPECT_NEAR(loss / (3 * small), 1, 1e-5);
    EXPECT_NEAR(static_cast<double>(logits[2]) / (-3 * small), 1, 1e-5);
    EXPECT_NEAR(static_cast<double>(logits[0]) / small, 1, 1e-5);
}

TEST(Gradient, OfWrongAnswersAndTies) {
    const Shape shape{1, 3, 1, 1};
    const std::int64_t token = 1;
    float wrong[3] = {200, 0, 0};
    EXPECT_NEAR(kernels::cross_entropy(shape, &token, 1, wrong), 200, 1e-6);
    EXPECT_EQ(wrong[0], 1);
    EXPECT_EQ(wrong[1], -1);
    EXPECT_EQ(wrong[2], 0);
    float tied[3] = {5, 5, 5};
    EXPECT_EQ(kernels::count_correct(shape, &token, 1, tied), 0u);
    EXPECT_NEAR(kernels::cross_entropy(shape, &token, 1, tied), std::log(3.0), 1e-6);
    EXPECT_NEAR(static_cast<double>(tied[1]), -2.0 / 3, 1e-6);
    float right[3] = {5, 6, 5};
    EXPECT_EQ(kernels::count_correct(shape, &token, 1, right), 1u);
}

TEST(Parameters, SurviveTheTripThroughARow) {
    const Parameters parameters({3, 5, 7, 2});
    auto row = at::zeros({parameters.row()}, at::kFloat);
    parameters.initialise(row, 9);
    EXPECT_TRUE(at::equal(parameters.from_weights(parameters.weights(row)), row));
    EXPECT_EQ(parameters.row() % 64, 0);
}

TEST(Parameters, AreDrawnInThePapersOrder) {
    const Parameters parameters({4, 64, 32, 32});
    auto row = at::zeros({parameters.row()}, at::kFloat);
    parameters.initialise(row, 613947648);
    at::manual_seed(613947648);
    const double deviation = 0.8 / std::sqrt(32.0);
    for (const auto name : {Parameters::W_E, Parameters::W_pos, Parameters::W_Q, Parameters::W_O,
                            Parameters::W_K, Parameters::W_V, Parameters::W_U}) {
        const auto matrix = parameters.view(row.unsqueeze(0), name)[0];
        EXPECT_TRUE(at::equal(matrix, at::empty(matrix.sizes(), at::kFloat).normal_(0, deviation))) << name;
    }
}

}  // namespace
}  // namespace maxcert
