// How near an output comes to beating m is judged with the average query: how far one token can push it up,
// against how far one m pushes it down. Runs of outputs grow as long as that hardly changes.
#include "certify/strategies/window/output_search.hpp"

#include <algorithm>
#include <cmath>

#include "certify/arithmetic/estimate.hpp"
#include "certify/strategies/window/attention_ranges.hpp"

namespace maxcert {
namespace {

/// A run may come this much nearer to winning than its likeliest output, if it is not harmless anyway.
constexpr double kLoosening = 1.005;
struct Averages {
    std::vector<double> weight;  ///< by token: attention of the average query
    std::vector<double> direct;  ///< by output: EU of the average query
};

Averages averages_of(TableCache<Estimate>& bench) {
    const RangeMaxima<Estimate>& weights = attention_of(bench, QkError::exact_EQKE, {}).upper;
    const Matrix<Estimate>& direct = direct_of(bench);
    const std::size_t V = direct.rows();
    Averages a{std::vector<double>(V, 0), std::vector<double>(V, 0)};
    for (std::size_t q = 0; q < V; ++q) {
        for (std::size_t t = 0; t < V; ++t) {
            a.weight[t] += std::log(std::max(weights.entry(q, t).value(), 1e-300)) / static_cast<double>(V);
            a.direct[t] += direct(q, t).value() / static_cast<double>(V);
        }
    }
    for (double& w : a.weight) w = std::exp(w);
    return a;
}

/// The starts for one maximum.
ClassStarts starts_for(std::size_t m, const Matrix<Estimate>& EVOU, const Averages& average,
                       double harmless) {
    const std::size_t V = EVOU.rows();
    // By token t <= m: what it adds to output x over m, and to the run so far.
    std::vector<double> run(m + 1), with(m + 1);
    const auto add = [&](std::size_t x, bool first) {
        checkpoint(m + 1);
        for (std::size_t t = 0; t <= m; ++t) {
            const double at = average.weight[t] * (average.direct[x] - average.direct[m] +
                                                   EVOU(t, x).value() - EVOU(t, m).value());
            with[t] = first ? at : std::max(run[t], at);
        }
    };
    const auto risk = [&](const std::vector<double>& push) {
        const double harm = m == 0 ? 0 : *std::max_element(push.begin(), push.end() - 1);
        return push[m] < 0 ? std::max(harm, 0.0) / -push[m] : 1e30;
    };
    ClassStarts starts;
    double likeliest = 0;
    for (std::size_t x = 0; x < V; ++x) {
        if (x == m) continue;
        add(x, true);
        const double alone = risk(with);
        if (!starts.empty() && x != m + 1) {
            add(x, false);
            if (risk(with) <= std::max(harmless, kLoosening * std::max(likeliest, alone))) {
                likeliest = std::max(likeliest, alone);
                run = with;
                continue;
            }
            add(x, true);
        }
        starts.push_back(x == m + 1 && m == 0 ? 0 : x);
        likeliest = alone;
        run = with;
    }
    if (starts.empty()) starts.push_back(0);
    return starts;
}

}  // namespace

std::vector<ClassStarts> outputs_that_can_win(Model& model, double harmless) {
    TableCache<Estimate> bench({}, model);
    const Averages average = averages_of(bench);
    const Matrix<Estimate>& EVOU = evou_of(bench);
    std::vector<ClassStarts> outputs;
    for (std::size_t m = 0; m < EVOU.rows(); ++m) outputs.push_back(starts_for(m, EVOU, average, harmless));
    return outputs;
}

}  // namespace maxcert
