// The commands of configurations and results.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace maxcert {

/// `maxcert seeds`: the seeds of a configuration, and the generator seeds each turns into.
int seeds_command(const std::vector<std::string>& arguments);

/// The names of a list of strategies.
using StrategyNames = std::function<std::vector<std::string>(const std::string& strategies)>;

/// `maxcert status`: what a results folder holds, what is missing, stale or corrupt.
int status_command(const std::vector<std::string>& arguments, const StrategyNames& names_of);

/// `maxcert report`: writes summary.csv and hands the folder to scripts/report.
int report_command(const std::vector<std::string>& arguments);

}  // namespace maxcert
