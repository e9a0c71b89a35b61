#include "data/cli/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "data/base/errors.hpp"
#include "data/base/program_files.hpp"
#include "data/cli/command_line.hpp"
#include "data/experiment/config.hpp"
#include "data/experiment/seeds.hpp"
#include "data/results/results.hpp"

namespace maxcert {
int seeds_command(const std::vector<std::string>& arguments) {
    CommandLine line("seeds", "lists the seeds of a configuration",
                     {"maxcert seeds --config configs/max-of-4.cfg",
                      "maxcert seeds --config configs/max-of-4.cfg --seeds @3/10 --format csv"});
    add_config_option(line);
    add_seeds_option(line);
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

int report_command(const std::vector<std::string>& arguments) {
    CommandLine line("report", "writes tables, figures and an HTML report of a results folder",
                     {"maxcert report --results results/max-of-4",
                      "maxcert report --results results/max-of-4 --out report --seed 50"});
    line.text("results", "DIR", "", "a folder written by maxcert run; partial results are fine");
    line.text("out", "DIR", "", "where to write; default DIR/report");
    line.text("seed", "N", "", "the model to show in detail; default 123 or the first there is");
    if (!line.parse(arguments)) return 0;
    const std::string folder = line.require("results");
    const std::string script = program_file("scripts/report/main.py");
    if (script.empty()) {
        throw Error(
            "scripts/report/main.py is neither beside the build folder nor installed under share/maxcert");
    }
    Results::existing(folder).write_summary();
    std::vector<std::string> command = {"/usr/bin/python3", script, "--results", folder};
    for (const char* option : {"out", "seed"}) {
        if (!line.given(option)) continue;
        command.push_back(std::string("--") + option);
        command.push_back(line.get(option));
    }
    std::vector<char*> argv;
    argv.reserve(command.size() + 1);
    for (auto& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    // Debian's interpreter first: it is the one that has Debian's matplotlib. Called by its full name, or it
    // would take its modules from the first python3 of the PATH.
    execv(argv[0], argv.data());
    command[0] = "python3";
    argv[0] = command[0].data();
    execvp(argv[0], argv.data());
    throw Error(std::string("cannot start python3: ") + std::strerror(errno));
}

}  // namespace maxcert
