// Reading whole files.
#pragma once

#include <cstdint>
#include <string>

namespace maxcert {

/// The whole file. Throws InputError when it cannot be read or is larger than `max_bytes`.
std::string read_file(const std::string& path, std::uint64_t max_bytes);

}  // namespace maxcert
