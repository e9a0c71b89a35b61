// `maxcert report`: writes summary.csv and hands the folder to scripts/report.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "data/base/errors.hpp"
#include "data/base/program_files.hpp"
#include "data/cli/command_line.hpp"
#include "data/cli/commands.hpp"
#include "data/results/summary.hpp"

namespace maxcert {

int report_command(const std::vector<std::string>& arguments) {
    CommandLine line("report", "writes tables, figures and an HTML report of a results folder",
                     {"maxcert report --results results/max-of-4",
                      "maxcert report --results results/max-of-4 --out report --seed 50",
                      "maxcert report --results results/max-of-4 --theorems theorems"});
    line.text("results", "DIR", "", "a folder written by maxcert run; partial results are fine");
    line.text("out", "DIR", "", "where to write; default DIR/report");
    line.text("seed", "N", "", "the model to show in detail; default 123 or the first there is");
    line.text("theorems", "DIR", "", "where scripts/prove wrote theorems in Coq; default DIR/theorems");
    if (!line.parse(arguments)) return 0;
    const std::string folder = line.require("results");
    const std::string script = program_file("scripts/report/main.py");
    if (script.empty()) {
        throw Error(
            "scripts/report/main.py is neither beside the build folder nor installed under share/maxcert");
    }
    write_summary(Results::existing(folder), std::max(1u, std::thread::hardware_concurrency()));
    std::vector<std::string> command = {"/usr/bin/python3", script, "--results", folder};
    for (const char* option : {"out", "seed", "theorems"}) {
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
