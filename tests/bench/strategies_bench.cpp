// Time per family of strategies (search and check, tables made anew), in double intervals with escalation
// and all in MPFR, and how many times the processor time the second
// takes.
#include <benchmark/benchmark.h>

#include <ctime>
#include <map>
#include <string>

#include "data/weights/safetensors.hpp"
#include "tests/support/certified.hpp"

namespace maxcert {
namespace {

struct Family {
    const char* name;
    const char* strategies;
};

constexpr Family kFamilies[] = {
    {"cubic", "cubic"},
    {"subcubic/drop_average", "*/drop_average_query_per_output_logit_reasoning/*"},
    {"subcubic/mean_query+diff", "*/mean_query+diff/*"},
    {"subcubic/convex", "*/convex/*"},
    {"all cubic and subcubic", "cubic,*/drop_average*/*,*/mean_query+diff/*,*/convex/*"},
};

const Weights& golden(int n_ctx) {
    static const Weights four = load_safetensors(MAXCERT_GOLDEN "/max-of-4-golden.safetensors");
    static const Weights five = load_safetensors(MAXCERT_GOLDEN "/max-of-5-golden.safetensors");
    return n_ctx == 4 ? four : five;
}

void certify(benchmark::State& state, const Family& family, int n_ctx, Arithmetic arithmetic) {
    Options options;
    options.arithmetic = arithmetic;
    const auto strategies = select_strategies(family.strategies);
    double flops = 0;
    const std::clock_t start = std::clock();
    for (auto _ : state) {
        Model model(golden(n_ctx));
        for (const Prover* strategy : strategies) {
            Json certificate = certified(model, *strategy, options);
            flops += certificate["proof_flops"].get<double>();
            benchmark::DoNotOptimize(certificate);
        }
    }
    const double seconds =
        static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / static_cast<double>(state.iterations());
    static std::map<std::string, double> filtered;  // the run before this one, of the same family
    const std::string key = std::string(family.name) + std::to_string(n_ctx);
    if (arithmetic == Arithmetic::filtered) filtered[key] = seconds;
    if (arithmetic == Arithmetic::mpfr && filtered.count(key) != 0) {
        state.counters["times_filtered"] = seconds / filtered[key];
    }
    state.counters["strategies"] = static_cast<double>(strategies.size());
    state.counters["proof_flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

}  // namespace
}  // namespace maxcert

int main(int argc, char** argv) {
    using namespace maxcert;
    for (const Family& family : kFamilies) {
        for (const int n_ctx : {4, 5}) {
            for (const Arithmetic arithmetic : {Arithmetic::filtered, Arithmetic::mpfr}) {
                if (n_ctx == 5 && arithmetic == Arithmetic::mpfr) continue;  // the ratio at 4 says as much
                const std::string name = std::string(family.name) + "/K=" + std::to_string(n_ctx) +
                                         (arithmetic == Arithmetic::mpfr ? "/mpfr" : "/filtered");
                benchmark::RegisterBenchmark(name.c_str(), certify, family, n_ctx, arithmetic)
                    ->Unit(benchmark::kMillisecond);
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
