// Splitting and strict parsing of short texts from command lines and config files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maxcert {

/// The parts between separators, without surrounding blanks; always at least one part.
std::vector<std::string> split(std::string_view text, char separator);

/// Decimal digits only and below 2^64; otherwise nothing.
std::optional<std::uint64_t> parse_u64(std::string_view text);

}  // namespace maxcert
