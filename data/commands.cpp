#include "data/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "data/command_line.hpp"
#include "data/config.hpp"
#include "data/errors.hpp"
#include "data/results.hpp"
#include "data/seeds.hpp"

namespace fs = std::filesystem;

namespace maxcert {
namespace {

// Beside the sources while building, under share/ once installed.
std::string report_script() {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
    for (const fs::path& base : {program / "..", program / "../share/maxcert"}) {
        const fs::path script = base / "scripts/report/main.py";
        if (fs::exists(script)) return fs::weakly_canonical(script).string();
    }
    throw Error(
        "scripts/report/main.py is neither beside the build folder nor installed under share/maxcert");
}

}  // namespace

int seeds_command(const std::vector<std::string>& arguments) {
    CommandLine line("seeds", "lists the seeds of a configuration",
                     {"maxcert seeds --config configs/max-of-4.cfg",
                      "maxcert seeds --config configs/max-of-4.cfg --seeds @3/10 --format csv"});
    line.text("config", "FILE", "", "an experiment, such as configs/max-of-4.cfg");
    line.text("seeds", "LIST", "all",
              "all, numbers with commas, first:N, @I (0-based index), @I/N (I-th of N blocks)");
    line.text("format", "NAME", "table", "table (one seed a line) or csv, json (with the generators' seeds)");
    if (!line.parse(arguments)) return 0;
    const Config config = load_config(line.require("config"));
    const auto seeds = select_seeds(line.get("seeds"), config.seeds);
    const std::string format = line.get("format");
    if (format == "table") {
        for (const auto seed : seeds) fmt::print("{}\n", seed);
        return 0;
    }
    Json rows = Json::array();
    for (const auto seed : seeds) {
        rows.push_back({{"seed", seed},
                        {"model_seed", model_seed(seed)},
                        {"dataset_seed", dataset_seed(seed)},
                        {"train_seed", train_seed(seed)}});
    }
    if (format == "csv") {
        fmt::print("{}", csv_of(rows));
    } else if (format == "json") {
        fmt::print("{}\n", rows.dump(2));
    } else {
        throw UsageError("--format takes table, csv or json, not '" + format + "'");
    }
    return 0;
}

int status_command(const std::vector<std::string>& arguments) {
    CommandLine line("status", "shows what a results folder holds, what is missing, stale or corrupt",
                     {"maxcert status --results results/max-of-4"});
    line.text("results", "DIR", "", "a folder written by maxcert run");
    line.text("format", "NAME", "table", "table or json");
    if (!line.parse(arguments)) return 0;
    const Results results = Results::existing(line.require("results"));
    const std::string format = line.get("format");
    if (format != "table" && format != "json")
        throw UsageError("--format takes table or json, not '" + format + "'");

    // A strategy is expected of every seed once one seed has it.
    std::set<std::string> expected;
    std::map<std::uint64_t, std::map<std::string, std::optional<Json>>> found;
    std::vector<std::uint64_t> seeds = results.seeds();
    for (const auto seed : seeds) {
        found[seed] = results.certificates(seed);
        for (const auto& entry : found[seed]) expected.insert(entry.first);
    }
    Json missing_seeds = Json::array(), missing_indices = Json::array();
    const auto wanted = results.config().value("seeds", std::vector<std::uint64_t>());
    std::size_t complete = 0;
    Json stale = Json::array(), corrupt = Json::array(), missing = Json::array();
    for (std::size_t index = 0; index < wanted.size(); ++index) {
        const auto seed = wanted[index];
        const auto model = found.count(seed) != 0 ? results.model(seed) : std::nullopt;
        if (!model) {
            missing_seeds.push_back(seed);
            missing_indices.push_back(index);
            continue;
        }
        bool whole = true;
        for (const auto& name : expected) {
            const std::string path = fmt::format("seed-{}/certificates/{}", seed, name);
            const auto entry = found[seed].find(name);
            if (entry == found[seed].end()) {
                missing.push_back(path);
            } else if (!entry->second) {
                corrupt.push_back(path);
            } else if (entry->second->value("weights_sha256", "") != model->value("weights_sha256", "?") ||
                       entry->second->value("program", "") != std::string("maxcert ") + MAXCERT_VERSION) {
                stale.push_back(path);
            } else {
                continue;
            }
            whole = false;
        }
        if (whole) {
            ++complete;
        } else {
            missing_indices.push_back(index);
        }
    }
    const Json status = {{"folder", results.folder()}, {"config_hash", results.config()["config_hash"]},
                         {"seeds", wanted.size()},     {"strategies", expected.size()},
                         {"complete_seeds", complete}, {"missing_seeds", missing_seeds},
                         {"missing_records", missing}, {"stale_records", stale},
                         {"corrupt_records", corrupt}, {"redo_indices", missing_indices}};
    if (format == "json") {
        fmt::print("{}\n", status.dump(2));
        return 0;
    }
    fmt::print("{}: {} of {} seeds complete with {} strategies each\n", results.folder(), complete,
               wanted.size(), expected.size());
    const auto list = [](const char* what, const Json& items) {
        if (items.empty()) return;
        fmt::print("{}: {}\n", what, items.size());
        for (const auto& item : items)
            fmt::print("  {}\n", item.is_string() ? item.get<std::string>() : item.dump());
    };
    list("seeds not there", missing_seeds);
    list("records missing", missing);
    list("records stale (other weights or program version)", stale);
    list("records corrupt", corrupt);
    if (!missing_indices.empty()) fmt::print("run again to complete: finished records are kept\n");
    return 0;
}

int report_command(const std::vector<std::string>& arguments) {
    CommandLine line("report", "writes tables, figures and an HTML report of a results folder",
                     {"maxcert report --results results/max-of-4",
                      "maxcert report --results results/max-of-4 --out report --seed 50"});
    line.text("results", "DIR", "", "a folder written by maxcert run; partial results are fine");
    line.text("out", "DIR", "", "where to write; default DIR/report");
    line.text("seed", "N", "", "the model to show in detail; default 123 or the first there is");
    if (!line.parse(arguments)) return 0;
    const std::string folder = line.require("results");
    Results::existing(folder).write_summary();
    std::vector<std::string> command = {"python3", report_script(), "--results", folder};
    for (const char* option : {"out", "seed"}) {
        if (!line.given(option)) continue;
        command.push_back(std::string("--") + option);
        command.push_back(line.get(option));
    }
    std::vector<char*> argv;
    for (auto& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    // Debian's interpreter first: it is the one that has Debian's matplotlib.
    execv("/usr/bin/python3", argv.data());
    execvp(argv[0], argv.data());
    throw Error(std::string("cannot start python3: ") + std::strerror(errno));
}

}  // namespace maxcert
