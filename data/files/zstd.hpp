// Zstandard frames (RFC 8878), each with a checksum of its content.
#pragma once

#include <cstdint>
#include <string>

namespace maxcert {

std::string zstd_compress(const std::string& bytes);

/// Throws InputError naming `file` for what is no whole, undamaged frame, and for more than `max_bytes` of
/// content.
std::string zstd_decompress(const std::string& bytes, std::uint64_t max_bytes, const std::string& file);

}  // namespace maxcert
