// Brute force against a scalar enumeration, and against the least time a walk over every sequence could take.
// One thread throughout. "limit" counters: seconds for d_vocab - 1 compares per sequence at the throughput of
// the benchmark's own loop.
#include <benchmark/benchmark.h>

#include <cmath>
#include <map>

#include "certify/model/paths.hpp"
#include "certify/strategies/brute_force/count.hpp"
#include "certify/strategies/brute_force/walk.hpp"
#include "certify/strategies/terms/kernels.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

/// The golden models of 4 and 5; for more, the model of 5 with its first position repeated in front.
const Weights& golden_model(std::int64_t n_ctx) {
    static std::map<std::int64_t, Weights> models;
    Weights& w = models[n_ctx];
    if (w.shape.n_ctx == 0) {
        const std::string name = n_ctx == 4 ? "/max-of-4-golden" : "/max-of-5-golden";
        w = load_safetensors(MAXCERT_GOLDEN + name + ".safetensors");
        for (; w.shape.n_ctx < n_ctx; ++w.shape.n_ctx) {
            const std::vector<float> first(w.W_pos.begin(), w.W_pos.begin() + w.shape.d_model);
            w.W_pos.insert(w.W_pos.begin(), first.begin(), first.end());
        }
    }
    return w;
}

double sequences(std::int64_t n_ctx) {
    return std::pow(64.0, static_cast<double>(n_ctx));
}

/// Everything, from weights to the exact count.
void whole_proof(benchmark::State& state) {
    const Weights& w = golden_model(state.range(0));
    std::string correct;
    for (auto _ : state) {
        Model model(w);
        const CheckResult f = count_sequences(model, {Margin()}, {}, {}).front();
        correct = f.correct.get_str() + (f.correct == *f.upper ? " right, exact" : " right at least");
    }
    state.SetLabel(correct);
    state.counters["sequences/s"] =
        benchmark::Counter(sequences(state.range(0)), benchmark::Counter::kIsIterationInvariantRate);
}

/// The walk alone, by instruction set.
void walk(benchmark::State& state) {
    const auto which = static_cast<std::size_t>(state.range(1));
    const auto kernels = available_kernels();
    if (which >= kernels.size()) return state.SkipWithError("not on this processor");
    Model model(golden_model(state.range(0)));
    WalkRequest request;
    request.margins = {Interval()};
    request.kernels = kernels[which];
    const Paths<Interval>& paths = paths_of<Interval>(model);
    for (auto _ : state) benchmark::DoNotOptimize(walk_sequences(paths, request));
    state.SetLabel(kernels[which]->name);
}

/// Margins are nearly free together.
void eleven_margins(benchmark::State& state) {
    std::vector<Margin> margins;
    for (int d = 0; d < 11; ++d) margins.emplace_back(std::to_string(0.05 * d));
    for (auto _ : state) {
        Model model(golden_model(state.range(0)));
        benchmark::DoNotOptimize(count_sequences(model, margins, {}, {}));
    }
}

/// Plain doubles, one sequence after the other, no bound and no sharing; one query only.
void scalar_enumeration(benchmark::State& state) {
    Model model(golden_model(4));
    const Paths<Interval>& p = paths_of<Interval>(model);
    constexpr std::size_t d_vocab = 64, q = 40;
    std::vector<double> table(4 * d_vocab * d_vocab);
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t t = 0; t < d_vocab; ++t) {
            const double a = std::exp(p.EQKE(q, t).upper() + p.EQKP(q, i).upper() - p.EQKE(q, 63).upper());
            for (std::size_t x = 0; x < d_vocab; ++x) {
                table[(i * d_vocab + t) * d_vocab + x] =
                    a * (p.EU(q, x).upper() + p.EVOU(t, x).upper() + p.PVOU(i, x).upper());
            }
        }
    }
    std::uint64_t right = 0;
    for (auto _ : state) {
        for (std::size_t s = 0; s < d_vocab * d_vocab * d_vocab; ++s) {
            const std::size_t tokens[] = {s / 4096, s / 64 % 64, s % 64, q};
            const std::size_t m = std::max({tokens[0], tokens[1], tokens[2], q});
            double logits[d_vocab] = {};
            for (std::size_t i = 0; i < 4; ++i) {
                for (std::size_t x = 0; x < d_vocab; ++x) {
                    logits[x] += table[(i * d_vocab + tokens[i]) * d_vocab + x];
                }
            }
            std::size_t larger = 0;
            for (std::size_t x = 0; x < d_vocab; ++x) larger += logits[x] >= logits[m] ? 1 : 0;
            right += larger == 1 ? 1 : 0;
        }
    }
    benchmark::DoNotOptimize(right);
    state.counters["sequences/s"] =
        benchmark::Counter(sequences(3), benchmark::Counter::kIsIterationInvariantRate);
    // A full count of K tokens is 64 such queries for K = 4.
    state.counters["K=4 s"] = benchmark::Counter(
        1.0 / 64, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Adds and compares of the walk's own kernel on rows in cache: what a walk that compares everything needs.
void compares(benchmark::State& state) {
    const auto kernels = available_kernels();
    const auto which = static_cast<std::size_t>(state.range(0));
    if (which >= kernels.size()) return state.SkipWithError("not on this processor");
    constexpr std::size_t n = 64;
    const std::vector<double> row(n, 1.0), start(n, 0.5);
    const std::vector<const double*> rows(n, row.data());
    std::vector<double> worst(n), surest(n);
    for (auto _ : state) {
        kernels[which]->sweep(rows.data(), start.data(), rows.data(), start.data(), n, n, worst.data(),
                              surest.data());
        benchmark::DoNotOptimize(worst.data());
        benchmark::ClobberMemory();
    }
    const double done = 2.0 * n * n;  // upper and lower ends
    using benchmark::Counter;
    state.SetLabel(kernels[which]->name);
    state.counters["compares/s"] = Counter(done, Counter::kIsIterationInvariantRate);
    for (const std::int64_t n_ctx : {4, 5, 6}) {
        state.counters["limit K=" + std::to_string(n_ctx) + " s"] =
            Counter(done / (63 * sequences(n_ctx)), Counter::kIsIterationInvariantRate | Counter::kInvert);
    }
}

BENCHMARK(whole_proof)->Arg(4)->Arg(5)->Arg(6)->Unit(benchmark::kMillisecond);
BENCHMARK(walk)->ArgsProduct({{4, 5}, {0, 1, 2}})->Unit(benchmark::kMillisecond);
BENCHMARK(eleven_margins)->Arg(4)->Unit(benchmark::kMillisecond);
BENCHMARK(compares)->Arg(0)->Arg(1)->Arg(2);
BENCHMARK(scalar_enumeration)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace maxcert
