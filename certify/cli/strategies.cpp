// `maxcert strategies`, and the libraries that certification is made with.
#include <fmt/format.h>

#include <algorithm>
#include <boost/version.hpp>

#include "certify/cli/commands.hpp"
#include "certify/proof/prover.hpp"
#include "data/base/errors.hpp"
#include "data/files/csv.hpp"
#include "data/hashes/md5.hpp"

namespace maxcert {

std::vector<std::pair<std::string, std::string>> certify_library_versions() {
    return {{"mpfr", mpfr_get_version()},
            {"gmp", gmp_version},
            {"json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                 NLOHMANN_JSON_VERSION_PATCH)},
            {"boost", BOOST_LIB_VERSION},
            {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
            {"libcrypto", libcrypto_version()},
            {"compiler", __VERSION__}};
}

int strategies_command(const std::vector<std::string>& arguments) {
    CommandLine line("strategies", "lists every proof strategy",
                     {"maxcert strategies", "maxcert strategies --format csv"});
    line.text("format", "NAME", "table", "table, json or csv");
    if (!line.parse(arguments)) return 0;
    Json all = Json::array();
    for (const auto& strategy : all_strategies()) {
        const StrategyInfo& info = strategy->info();
        all.push_back({{"strategy", info.name},
                       {"family", info.family},
                       {"group", info.group},
                       {"complexity", strategy->description().complexity},
                       {"paper", info.in_paper},
                       {"summary", strategy->description().summary}});
    }
    const std::string format = line.get("format");
    if (format == "json") {
        fmt::print("{}\n", all.dump(2));
    } else if (format == "csv") {
        fmt::print("{}", csv_of(all));
    } else if (format == "table") {
        std::size_t name = 0, group = 0, complexity = 0;
        for (const auto& row : all) {
            name = std::max(name, row["strategy"].get_ref<const std::string&>().size());
            group = std::max(group, row["group"].get_ref<const std::string&>().size());
            complexity = std::max(complexity, row["complexity"].get_ref<const std::string&>().size());
        }
        for (const auto& row : all) {
            fmt::print("{:<{}}  {:<5}  {:<{}}  {:<{}}  {}\n", row["strategy"].get<std::string>(), name,
                       row["paper"].get<bool>() ? "paper" : "new", row["group"].get<std::string>(), group,
                       row["complexity"].get<std::string>(), complexity, row["summary"].get<std::string>());
        }
    } else {
        throw UsageError("--format takes table, json or csv, not '" + format + "'");
    }
    return 0;
}

}  // namespace maxcert
