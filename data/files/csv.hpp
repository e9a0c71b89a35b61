// Tables as CSV (RFC 4180).
#pragma once

#include <string>

#include "data/base/json.hpp"

namespace maxcert {

/// The keys of a flat object, and its values, as one line each.
std::string csv_header(const Json& row);
std::string csv_line(const Json& row);

/// A table of an array of flat objects with the same keys.
std::string csv_of(const Json& rows);

}  // namespace maxcert
