// How results are shown: a table for people, JSON and CSV for programs.
#pragma once

#include <string>
#include <vector>

#include "data/base/json.hpp"

namespace maxcert {

/// A certificate as shown by `certify --format json`: without hints, with wall_s at the top level.
Json shown(const Json& certificate);

/// `table`, `json` (one array) or `csv` of certificates. Throws UsageError for other formats.
std::string format_results(const std::vector<Json>& certificates, const std::string& format);

}  // namespace maxcert
