// `maxcert seeds`: the seeds of a configuration, and the generator seeds each turns into.
#include "data/experiment/seeds.hpp"

#include <fmt/format.h>

#include "data/base/errors.hpp"
#include "data/cli/command_line.hpp"
#include "data/cli/commands.hpp"
#include "data/experiment/config.hpp"
#include "data/files/csv.hpp"

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

}  // namespace maxcert
