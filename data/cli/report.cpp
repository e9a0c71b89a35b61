// `maxcert report`: hands the folder to scripts/report, and writes summary.csv while that reads it.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "data/base/errors.hpp"
#include "data/cli/command_line.hpp"
#include "data/cli/commands.hpp"
#include "data/files/program_files.hpp"
#include "data/results/summary.hpp"

namespace maxcert {
namespace {

/// Debian's interpreter first: it is the one that has Debian's matplotlib. Called by its full name, or it
/// would take its modules from the first python3 of the PATH.
pid_t start_python(std::vector<std::string> command) {
    std::string interpreter = "/usr/bin/python3";
    if (access(interpreter.c_str(), X_OK) != 0) interpreter = "python3";
    command.insert(command.begin(), interpreter);
    std::vector<char*> argv;
    argv.reserve(command.size() + 1);
    for (auto& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t process = 0;
    const int error = posix_spawnp(&process, argv[0], nullptr, nullptr, argv.data(), environ);
    if (error != 0) throw Error(std::string("cannot start python3: ") + std::strerror(error));
    return process;
}

/// The exit code of the process, as a shell has it.
int end_of(pid_t process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) throw Error(std::string("cannot wait for python3: ") + std::strerror(errno));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int report_command(const std::vector<std::string>& arguments) {
    CommandLine line("report", "writes tables, figures and an HTML report of a results folder",
                     {"maxcert report --results results/max-of-4",
                      "maxcert report --results results/max-of-4 --out report --seed 50",
                      "maxcert report --results results/max-of-4 --theorems theorems"});
    line.text("results", "DIR", "", "a folder written by maxcert run; partial results are fine");
    line.text("out", "DIR", "", "where to write; default DIR/report");
    line.text("seed", "N", "", "the model to show in detail; default 123 or the first there is");
    line.text("theorems", "DIR|FILE", "",
              "where scripts/prove wrote theorems in Coq, or its theorems.csv; default DIR/theorems");
    if (!line.parse(arguments)) return 0;
    const std::string folder = line.require("results");
    const std::string script = program_file("scripts/report/main.py");
    if (script.empty()) {
        throw Error(
            "scripts/report/main.py is neither beside the build folder nor installed under share/maxcert");
    }
    std::vector<std::string> command = {script, "--results", folder};
    for (const char* option : {"out", "seed", "theorems"}) {
        if (!line.given(option)) continue;
        command.push_back(std::string("--") + option);
        command.push_back(line.get(option));
    }
    const Results results = Results::existing(folder);
    const pid_t python = start_python(std::move(command));
    try {
        write_summary(results, std::max(1u, std::thread::hardware_concurrency()));
    } catch (...) {
        end_of(python);
        throw;
    }
    return end_of(python);
}

}  // namespace maxcert
