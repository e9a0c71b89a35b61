// The command table, and the wiring of `run`: the one place that knows every room.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "certify/cli/commands.hpp"
#include "certify/cli/strategy_certifier.hpp"
#include "certify/cli/verify.hpp"
#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"
#include "data/base/signals.hpp"
#include "data/cli/command_line.hpp"
#include "data/cli/commands.hpp"
#include "data/cli/did_you_mean.hpp"
#include "data/cli/program.hpp"
#include "data/experiment/seeds.hpp"
#include "data/results/pipeline.hpp"
#include "data/results/reference.hpp"
#include "data/results/summary.hpp"
#include "train/cli/command.hpp"
#include "train/cli/module_trainer.hpp"
#include "train/module.hpp"

namespace maxcert {
namespace {

using Arguments = std::vector<std::string>;

Weights load_torch(const std::string& path) {
    return train_module().load_torch(path);
}

std::vector<std::string> names_of(const std::vector<const Prover*>& strategies) {
    std::vector<std::string> names;
    names.reserve(strategies.size());
    for (const Prover* strategy : strategies) names.push_back(strategy->info().name);
    return names;
}

/// One model of the configuration is studied thoroughly: the report's example.
std::uint64_t example_of(const Config& config) {
    constexpr std::uint64_t kExample = 123;
    const bool has_example = std::count(config.seeds.begin(), config.seeds.end(), kExample) != 0;
    return has_example ? kExample : config.seeds.front();
}

int run_command(const Arguments& arguments) {
    CommandLine line(
        "run", "trains the models of a configuration and certifies each of them, in memory",
        {"maxcert run --config configs/max-of-4.cfg",
         "maxcert run --config configs/max-of-4.cfg --seeds 123,50 --strategies paper",
         "maxcert run --config configs/max-of-10.cfg --seeds @7 --strategies multiset --out results/ten"});
    add_config_option(line);
    add_seeds_option(line);
    line.text("strategies", "LIST", "", "names, groups (paper, all) and globs; default: the configuration's");
    line.text("out", "DIR", "",
              "results folder; default results/NAME; what is there and valid is not done again");
    add_certify_options(line);
    line.text("threads", "N", "all", "seeds worked on side by side, or all");
    line.text(
        "device", "NAME", "cpu",
        "where to train: cpu; cuda needs a LibTorch built for it, which Debian's is not, and is untested");
    add_progress_option(line);
    if (!line.parse(arguments)) return 0;

    Config config = load_config(line.require("config"));
    if (line.given("strategies")) config.strategies = line.get("strategies");
    const auto seeds = select_seeds(line.get("seeds"), config.seeds);
    const StrategyCertifier certifier(select_strategies(config.strategies), certify_options(line),
                                      example_of(config));
    const ModuleTrainer trainer(config, line.get("device"));
    RunOptions run;
    run.threads = thread_count(line);
    run.progress = progress_style(line.get("progress"));
    const std::string out = line.given("out") ? line.get("out") : "results/" + config.name;
    const WritableResults results = WritableResults::open(out, config);

    run_pipeline(config, seeds, results, trainer, certifier, run);
    fmt::print("{}", results_table(write_summary(results, run.threads), seeds));
    fmt::print("{}", reference_line(compare_with_reference(results, config.name, seeds)));
    fmt::print("records in {0}, one row each in {0}/summary.csv\n", out);
    return stop_exit_code();
}

int version_command() {
    fmt::print("maxcert {}\n", MAXCERT_VERSION);
    for (const auto& [library, version] : certify_library_versions()) fmt::print("{} {}\n", library, version);
    try {
        const Json environment = train_module().environment();
        for (const auto& [key, value] : environment.items()) {
            if (key == "compiler") continue;  // said above
            fmt::print("{} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
        }
    } catch (const Error&) {
        fmt::print("built without LibTorch: certify and verify only\n");
    }
    return 0;
}

struct Command {
    const char* name;
    const char* summary;
    std::function<int(const Arguments&)> act;
    bool trains;
};

const std::vector<Command>& commands() {
    static const std::vector<Command> table = {
        {"run", "train and certify the models of a configuration", run_command, true},
        {"train", "train models and save their weights", train_command, true},
        {"certify", "prove accuracy bounds of given weights",
         [](const Arguments& a) { return certify_command(a, load_torch); }, false},
        {"verify", "recheck a certificate", [](const Arguments& a) { return verify_command(a, load_torch); },
         false},
        {"failures", "list the sequences that a model gets wrong",
         [](const Arguments& a) { return failures_command(a, load_torch); }, false},
        {"formalize", "write a model and its accuracy as a theorem for Coq", formalize_command, false},
        {"report", "tables, figures and an HTML report of results", report_command, false},
        {"status", "what a results folder holds and misses",
         [](const Arguments& a) {
             return status_command(a,
                                   [](const std::string& list) { return names_of(select_strategies(list)); });
         },
         false},
        {"strategies", "list the proof strategies", strategies_command, false},
        {"seeds", "list the seeds of a configuration", seeds_command, false},
    };
    return table;
}

std::string overview() {
    std::string text =
        "maxcert trains one-layer attention-only transformers on Max-of-K and proves lower bounds on their "
        "accuracy.\n\n"
        "usage: maxcert COMMAND [options]\n\n";
    for (const auto& command : commands())
        text += fmt::format("  {:<11} {}\n", command.name, command.summary);
    return text +
           "\nTo begin: maxcert run --config configs/smoke.cfg, then maxcert report --results results/smoke\n"
           "maxcert help COMMAND (or COMMAND --help) explains a command with examples.\n"
           "maxcert --version prints the versions of everything it uses.\n";
}

int dispatch(Arguments arguments, char** argv) {
    if (arguments.empty()) throw UsageError("no command given\n\n" + overview());
    std::string name = arguments.front();
    arguments.erase(arguments.begin());
    if (name == "--version" || name == "version") {
        fix_numeric_environment(argv);
        return version_command();
    }
    if (name == "help" && !arguments.empty()) {
        name = arguments.front();
        arguments = {"--help"};
    }
    if (name == "--help" || name == "-h" || name == "help") {
        fmt::print("{}", overview());
        return 0;
    }
    for (const auto& command : commands()) {
        if (name != command.name) continue;
        if (command.trains) fix_numeric_environment(argv);
        return command.act(arguments);
    }
    std::vector<std::string> names;
    for (const auto& command : commands()) names.push_back(command.name);
    throw UsageError("no command is called '" + name + "'" + did_you_mean(name, names) + "\n\n" + overview());
}

}  // namespace
}  // namespace maxcert

int main(int argc, char** argv) {
    using namespace maxcert;
    return run_program("maxcert", [&] { return dispatch(Arguments(argv + 1, argv + argc), argv); });
}
