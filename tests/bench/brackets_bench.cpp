// Time and width of the brackets: by n_ctx and d_vocab on random models that attend to large tokens, and of a
// single convolution by its grid. Prints only.
#include <benchmark/benchmark.h>

#include <cmath>

#include "certify/proof/prover.hpp"
#include "certify/strategies/bracket/grid/convolution.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

void bracket(benchmark::State& state, const char* name) {
    testing::Random random(1);
    const auto n_ctx = static_cast<std::uint32_t>(state.range(0)),
               d_vocab = static_cast<std::uint32_t>(state.range(1));
    const Weights weights = testing::max_like_model(random, n_ctx, d_vocab);
    const Prover& strategy = *select_strategies(name).front();
    SearchOptions options;
    options.node_budget = 200'000'000;
    Json figures;
    for (auto _ : state) {
        Model model(weights);
        figures = strategy.prove(model, options).result.figures;
    }
    state.counters["width"] = figures["width"].get<double>();
    state.counters["nodes"] = figures["nodes"].get<double>();
    state.counters["work"] = figures["work"].get<double>();
}

void shapes(benchmark::internal::Benchmark* b) {
    for (const int n_ctx : {2, 4, 8, 16, 32}) b->Args({n_ctx, 32});
    for (const int d_vocab : {24, 64}) b->Args({8, d_vocab});
    b->ArgNames({"K", "V"})->Unit(benchmark::kMillisecond)->Iterations(1);
}
BENCHMARK_CAPTURE(bracket, multiset, "multiset")->Apply(shapes);
BENCHMARK_CAPTURE(bracket, convolution, "convolution")->Apply(shapes);

void one_convolution(benchmark::State& state) {
    const Group group{0, 63, 9};
    Event event;
    for (std::size_t j = 0; j < group.positions * group.tokens(); ++j) {
        event.upper.push_back(std::sin(static_cast<double>(j * j)) - 0.5);
    }
    event.lower = event.upper;
    std::uint64_t work = 0;
    const RoundUpward up;
    for (auto _ : state) {
        benchmark::DoNotOptimize(count_on_grid(up, group.fillings(), {&event}, {true, true},
                                               static_cast<std::size_t>(state.range(0)), work));
    }
    state.counters["operations"] = benchmark::Counter(static_cast<double>(work), benchmark::Counter::kIsRate);
}
BENCHMARK(one_convolution)->RangeMultiplier(8)->Range(32, 131072)->ArgName("grid");

}  // namespace
}  // namespace maxcert
