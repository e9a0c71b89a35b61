// The optimizer and the products of a training step against LibTorch's.
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include <stdexcept>

#include "train/adamw.hpp"
#include "train/kernels.hpp"
#include "train/products.hpp"

namespace maxcert {
namespace {

double largest(const at::Tensor& x) {
    return x.abs().max().item<double>();
}

TEST(AdamW, MovesParametersAsLibTorchDoes) {
    TrainConfig options;
    options.learning_rate = 0.02, options.beta1 = 0.8, options.beta2 = 0.95, options.weight_decay = 0.1;
    constexpr std::int64_t n = 67;  // no multiple of a vector
    at::manual_seed(1);
    auto parameters = at::randn({n});
    auto reference = parameters.clone().requires_grad_(true);
    reference.mutable_grad() = at::zeros_like(reference);
    torch::optim::AdamW torch_optimizer({reference}, torch::optim::AdamWOptions(options.learning_rate)
                                                         .betas(std::make_tuple(options.beta1, options.beta2))
                                                         .eps(options.epsilon)
                                                         .weight_decay(options.weight_decay));
    AdamW optimizer(options, n);
    for (int step = 0; step < 20; ++step) {
        const auto gradient = at::randn({n});
        reference.mutable_grad().copy_(gradient);
        torch_optimizer.step();
        const auto before = parameters.clone();
        optimizer.step(parameters.data_ptr<float>(), gradient.data_ptr<float>());
        EXPECT_GT(largest(parameters - before), 0.005);
        EXPECT_LT(largest(parameters - reference.detach()), 1e-6) << "step " << step;
    }
}

TEST(Products, AreThoseOfLibTorch) {
    constexpr std::int64_t m = 5, k = 7, n = 3;
    at::manual_seed(2);
    const auto a = at::randn({m, k}), b = at::randn({k, n});
    const auto a_t = a.t().contiguous(), b_t = b.t().contiguous();
    const auto expected = at::mm(a, b);
    const Factor plain_a{a.data_ptr<float>(), m, k}, plain_b{b.data_ptr<float>(), k, n};
    for (const Factor& left : {plain_a, Factor{a_t.data_ptr<float>(), k, m}.transpose()}) {
        for (const Factor& right : {plain_b, Factor{b_t.data_ptr<float>(), n, k}.transpose()}) {
            auto to = at::randn({m, n});
            multiply(left, right, to.data_ptr<float>());
            EXPECT_LT(largest(to - expected), 1e-6);
            multiply(left, right, to.data_ptr<float>(), Store::add);
            EXPECT_LT(largest(to - 2 * expected), 1e-5);
            EXPECT_GT(largest(to), 1);
        }
    }
    EXPECT_THROW(multiply(plain_a, plain_a, nullptr), std::logic_error);
}

TEST(Kernels, SumsOfRowsHoldEveryRowOnce) {
    constexpr std::size_t d = 3;
    for (const std::size_t n : {1u, 15u, 16u, 17u, 255u, 256u, 300u, 4096u, 5000u}) {
        std::vector<float> rows(n * d), sum(d, 0.5f);
        for (std::size_t i = 0; i < n * d; ++i)
            rows[i] = static_cast<float>(i % 7);  // whole numbers: no rounding
        kernels::add_sum_of_rows(rows.data(), n, d, sum.data());
        for (std::size_t j = 0; j < d; ++j) {
            float expected = 0.5f;
            for (std::size_t i = 0; i < n; ++i) expected += rows[i * d + j];
            EXPECT_EQ(sum[j], expected) << "column " << j << " of " << n << " rows";
        }
    }
}

}  // namespace
}  // namespace maxcert
