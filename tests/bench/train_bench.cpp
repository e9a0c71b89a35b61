// What a training step of one seed costs, against a naive trainer and against what its floating operations
// would take if the processor did nothing but multiply and add.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/optim/adamw.h>

#include "data/experiment/sampler.hpp"
#include "train/adamw.hpp"
#include "train/autograd.hpp"
#include "train/fused_step.hpp"

namespace maxcert {
namespace {

constexpr std::int64_t kBatch = 128;

Shape shape_of(const benchmark::State& state) {
    return {static_cast<std::uint32_t>(state.range(0)), 64, 32, 32};
}

at::Tensor fresh_rows(const Parameters& parameters, std::int64_t seeds) {
    at::set_num_threads(1);
    auto rows = at::zeros({seeds, parameters.row()}, at::kFloat);
    for (std::int64_t i = 0; i < seeds; ++i) parameters.initialise(rows[i], 1);
    rows.mutable_grad() = at::zeros_like(rows);
    return rows;
}

/// Floating operations of a step of one seed: each product of the forward pass has two in the backward one;
/// per sequence and position, and per logit and parameter, what train/kernels.cpp and AdamW do.
double operations_of_step(const Parameters& parameters) {
    const Shape& s = parameters.shape();
    const double K = s.n_ctx, V = s.d_vocab, d = s.d_model, h = s.d_head, batch = kBatch;
    const double products = 3 * 2 * (2 * d * d * h + (V + V + K) * d * d + batch * d * V);
    const double attention = batch * K * (18 * d + 30), losses = batch * V * 20;
    return products + attention + losses + 14 * static_cast<double>(parameters.row());
}

/// Items are floating operations: chains of multiply-adds in registers, enough of them to keep every unit
/// busy.
#if defined(__x86_64__)
__attribute__((target("avx2,fma")))
#endif
void peak(benchmark::State& state) {
    typedef float Eight __attribute__((vector_size(32)));
    constexpr std::size_t chains = 12, rounds = 1000;
    Eight sums[chains] = {};
    const Eight factor = Eight{} + 0.5F, term = Eight{} + 1.0F;
    for (auto _ : state) {
        for (std::size_t i = 0; i < rounds; ++i) {
            for (std::size_t c = 0; c < chains; ++c) sums[c] = sums[c] * factor + term;
        }
        for (Eight& sum : sums) benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(2 * 8 * chains * rounds));
}

/// Argument: n_ctx. Items are steps.
void fused(benchmark::State& state) {
    const Parameters parameters(shape_of(state));
    auto rows = fresh_rows(parameters, 1);
    const auto row = rows[0], gradient = rows.grad()[0];
    FusedStep step(parameters, row, gradient, kBatch);
    AdamW optimizer({}, static_cast<std::size_t>(parameters.row()));
    Sampler sampler(parameters.shape(), 1);
    for (auto _ : state) {
        benchmark::DoNotOptimize(step.gradient(sampler.sequences(kBatch).data()));
        optimizer.step(row.data_ptr<float>(), gradient.data_ptr<float>());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["operations"] = operations_of_step(parameters);
}

/// The model written plainly and differentiated by autograd.
void autograd(benchmark::State& state) {
    const Parameters parameters(shape_of(state));
    auto rows = fresh_rows(parameters, 1).requires_grad_(true);
    torch::optim::AdamW optimizer({rows}, torch::optim::AdamWOptions(1e-3));
    Sampler sampler(parameters.shape(), 1);
    for (auto _ : state) {
        const auto tokens =
            at::tensor(sampler.sequences(kBatch), at::kLong).view({1, kBatch, state.range(0)});
        rows.mutable_grad().zero_();
        losses_of(parameters, rows, tokens).sum().backward();
        optimizer.step();
    }
    state.SetItemsProcessed(state.iterations());
}

/// Autograd one sequence at a time.
void per_sample(benchmark::State& state) {
    const Parameters parameters(shape_of(state));
    auto rows = fresh_rows(parameters, 1).requires_grad_(true);
    torch::optim::AdamW optimizer({rows}, torch::optim::AdamWOptions(1e-3));
    Sampler sampler(parameters.shape(), 1);
    for (auto _ : state) {
        rows.mutable_grad().zero_();
        for (std::int64_t i = 0; i < kBatch; ++i) {
            const auto tokens = at::tensor(sampler.sequences(1), at::kLong).view({1, 1, state.range(0)});
            (losses_of(parameters, rows, tokens).sum() / kBatch).backward();
        }
        optimizer.step();
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(peak)->MinTime(0.5);  // wide units take a while to run at full speed
BENCHMARK(fused)->Arg(4)->Arg(10)->Arg(20);
BENCHMARK(autograd)->Arg(4)->Arg(10)->Arg(20);
BENCHMARK(per_sample)->Arg(4);

}  // namespace
}  // namespace maxcert
