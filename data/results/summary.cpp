// Seeds are read side by side, a few at a time, and their rows written as they come: memory does not grow
// with the rows, and the order of rows does not depend on the threads.
#include "data/results/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/base/json_text.hpp"
#include "data/base/parallel.hpp"
#include "data/files/csv.hpp"
#include "data/files/files.hpp"

namespace maxcert {
namespace {

struct SeedRows {
    SeedSummary summary;
    std::string rows;
    bool there = false;
};

Json row_of(std::uint64_t seed, const CertificateRecord& record) {
    Json row = {{"seed", seed}};
    row.update(flat_row(record));
    return row;
}

SeedRows rows_of(const Results& results, std::uint64_t seed) {
    SeedRows found;
    const auto model = results.model(seed);
    if (!model) return found;
    found.there = true;
    found.summary.seed = seed;
    found.summary.sampled_accuracy = model->value("sampled_accuracy", 0.0);
    const std::string sha256 = text_at(*model, "weights_sha256");
    for (auto& [strategy, entry] : results.certificates(seed).by_strategy) {
        if (!entry.record || entry.record->weights_sha256 != sha256) continue;
        found.rows += csv_line(row_of(seed, *entry.record));
        ++found.summary.certificates;
        auto& best = found.summary.best;
        if (!best || entry.record->bound() > best->bound()) best = *entry.record;
    }
    return found;
}

}  // namespace

std::vector<SeedSummary> write_summary(const Results& results, unsigned threads) {
    const std::vector<std::uint64_t> seeds = results.seeds();
    AtomicFile file(results.folder() + "/summary.csv");
    file.append(csv_header(row_of(0, {})));
    std::vector<SeedSummary> summary;
    const std::size_t side_by_side = 16 * std::size_t{threads};
    for (std::size_t begin = 0; begin < seeds.size(); begin += side_by_side) {
        std::vector<SeedRows> some(std::min(side_by_side, seeds.size() - begin));
        parallel_for(some.size(), threads,
                     [&](std::size_t i) { some[i] = rows_of(results, seeds[begin + i]); });
        for (auto& one : some) {
            if (!one.there) continue;
            file.append(one.rows);
            summary.push_back(std::move(one.summary));
        }
    }
    file.publish();
    return summary;
}

std::string results_table(const std::vector<SeedSummary>& summary, const std::vector<std::uint64_t>& seeds) {
    std::string text =
        fmt::format("{:>10}  {:>16}  {:<22}  {}\n", "seed", "sampled accuracy", "certified accuracy", "by");
    for (const auto seed : seeds) {
        const auto found =
            std::lower_bound(summary.begin(), summary.end(), seed,
                             [](const SeedSummary& s, std::uint64_t wanted) { return s.seed < wanted; });
        if (found == summary.end() || found->seed != seed) continue;
        text += fmt::format("{:>10}  {:>16.5f}  ", seed, found->sampled_accuracy);
        if (!found->best) {
            text += "-\n";
            continue;
        }
        const CertificateRecord& best = *found->best;
        text += fmt::format("{:<22}  {}: {} of {}\n",
                            fmt::format("{} {:.9f}", best.exact ? "=" : ">=", best.bound()), best.strategy,
                            best.correct.get_str(), best.total.get_str());
    }
    return text;
}

}  // namespace maxcert
