// `maxcert status`: what a results folder holds, and what is to be done again.
#include <fmt/format.h>

#include <set>

#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/cli/command_line.hpp"
#include "data/cli/commands.hpp"
#include "data/experiment/config.hpp"
#include "data/experiment/seeds.hpp"
#include "data/results/folder.hpp"
#include "data/results/reference.hpp"
#include "data/weights/identity.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

/// What is expected of a folder.
struct Expected {
    std::vector<std::uint64_t> seeds;
    std::set<std::string> strategies;  ///< of every seed
};

Expected expected_of(const CommandLine& line, const Results& results, const StrategyNames& names_of) {
    Expected expected;
    auto known = results.config()["seeds"].get<std::vector<std::uint64_t>>();
    std::string strategies =
        line.given("strategies") ? line.get("strategies") : text_at(results.config(), "strategies");
    if (line.given("config")) {
        const Config config = load_config(line.get("config"));
        if (config_hash(config) != results.config()["config_hash"]) {
            throw InputError(results.folder() + "/config.json", "config_hash",
                             "the folder holds results of another configuration than " + config.file,
                             "give the --config that it was run with");
        }
        known = config.seeds;
        if (!line.given("strategies")) strategies = config.strategies;
    }
    expected.seeds = select_seeds(line.get("seeds"), known);
    if (!strategies.empty()) {
        for (auto& name : names_of(strategies)) expected.strategies.insert(std::move(name));
    }
    if (line.given("strategies") || line.given("config")) return expected;
    // Besides what the last run asked for: a strategy is expected of every seed once one seed has it.
    for (const auto seed : results.seeds()) {
        for (const auto& entry : results.certificates(seed).by_strategy)
            expected.strategies.insert(entry.first);
    }
    return expected;
}

struct Findings {
    std::vector<std::uint64_t> missing_seeds;
    std::vector<std::string> missing, stale, corrupt;  ///< records, as seed-N: STRATEGY; or files
    std::vector<std::uint64_t> redo_seeds;
    std::vector<std::size_t> redo_indices;  ///< of redo_seeds, into the expected seeds
};

bool has_weights(const Results& results, std::uint64_t seed, const std::string& sha256) {
    try {
        return sha256_of(load_safetensors(results.weights_file(seed))) == sha256;
    } catch (const InputError&) {
        return false;
    }
}

/// Whether the seed has all that is expected of it.
bool complete(const Results& results, std::uint64_t seed, const std::set<std::string>& expected,
              Findings& findings) {
    const auto model = results.model(seed);
    if (!model) {
        findings.missing_seeds.push_back(seed);
        return false;
    }
    const std::string sha256 = (*model)["weights_sha256"];
    bool whole = true;
    if (!has_weights(results, seed, sha256)) {
        findings.corrupt.push_back(fmt::format("seed-{}/weights.safetensors", seed));
        whole = false;
    }
    const SeedCertificates there = results.certificates(seed);
    if (!there.damage.empty()) {
        findings.corrupt.push_back(fmt::format("seed-{}/certificates.jsonl.zst", seed));
        return false;
    }
    for (const auto& name : expected) {
        const auto entry = there.by_strategy.find(name);
        std::vector<std::string>* found = nullptr;
        if (entry == there.by_strategy.end()) {
            found = &findings.missing;
        } else if (!entry->second.record) {
            found = &findings.corrupt;
        } else if (entry->second.record->weights_sha256 != sha256 ||
                   entry->second.record->program() != std::string("maxcert ") + MAXCERT_VERSION) {
            found = &findings.stale;
        }
        if (found == nullptr) continue;
        found->push_back(fmt::format("seed-{}: {}", seed, name));
        whole = false;
    }
    return whole;
}

template <class T>
void list(const char* what, const std::vector<T>& items) {
    if (items.empty()) return;
    fmt::print("{}: {}\n", what, items.size());
    for (const auto& item : items) fmt::print("  {}\n", item);
}

}  // namespace

int status_command(const std::vector<std::string>& arguments, const StrategyNames& names_of) {
    CommandLine line(
        "status", "shows what a results folder holds, what is missing, stale or corrupt",
        {"maxcert status --results results/max-of-4",
         "maxcert status --results results/max-of-4 --config configs/max-of-4.cfg --format json"});
    line.text("results", "DIR", "", "a folder written by maxcert run");
    line.text("config", "FILE", "",
              "expect what a run of this configuration writes; default: what the last run into the folder "
              "was asked "
              "for, and of each seed every strategy that one of them has");
    line.text("seeds", "LIST", "all", "the seeds to look at, as for maxcert run");
    line.text("strategies", "LIST", "",
              "the strategies expected of every seed; default: --config's, or the folder's");
    line.text("format", "NAME", "table", "table or json");
    if (!line.parse(arguments)) return 0;
    const Results results = Results::existing(line.require("results"));
    const std::string format = line.get("format");
    if (format != "table" && format != "json")
        throw UsageError("--format takes table or json, not '" + format + "'");

    const Expected expected = expected_of(line, results, names_of);
    Findings findings;
    for (std::size_t index = 0; index < expected.seeds.size(); ++index) {
        const auto seed = expected.seeds[index];
        if (complete(results, seed, expected.strategies, findings)) continue;
        findings.redo_seeds.push_back(seed);
        findings.redo_indices.push_back(index);
    }
    const std::size_t whole = expected.seeds.size() - findings.redo_seeds.size();
    const ReferenceBits reference =
        compare_with_reference(results, text_at(results.config(), "name"), expected.seeds);
    if (format == "json") {
        const Json status = {{"folder", results.folder()},
                             {"config_hash", results.config()["config_hash"]},
                             {"seeds", expected.seeds.size()},
                             {"strategies", expected.strategies.size()},
                             {"complete_seeds", whole},
                             {"missing_seeds", findings.missing_seeds},
                             {"missing_records", findings.missing},
                             {"stale_records", findings.stale},
                             {"corrupt_records", findings.corrupt},
                             {"redo_seeds", findings.redo_seeds},
                             {"redo_indices", findings.redo_indices},
                             {"reference_weights", {{"same", reference.same}, {"other", reference.other}}}};
        fmt::print("{}\n", status.dump(2));
        return 0;
    }
    fmt::print("{}: {} of {} seeds complete with {} strategies each\n", results.folder(), whole,
               expected.seeds.size(), expected.strategies.size());
    fmt::print("{}", reference_line(reference));
    list("seeds not there", findings.missing_seeds);
    list("records missing", findings.missing);
    list("records stale (of other weights or another program version)", findings.stale);
    list("records corrupt", findings.corrupt);
    if (!findings.redo_seeds.empty()) fmt::print("run again to complete: finished records are kept\n");
    return 0;
}

}  // namespace maxcert
