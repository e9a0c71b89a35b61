// The JSON header of a safetensors file, read without building a tree of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace maxcert {

struct TensorInfo {
    std::string dtype;                 ///< e.g. F32
    std::vector<std::uint64_t> shape;  ///< outermost first
    std::uint64_t begin = 0, end = 0;  ///< bytes relative to the start of the data
};

struct SafetensorsHeader {
    std::map<std::string, TensorInfo> tensors;
    std::map<std::string, std::string> metadata;
};

/// Parses `json` (the header without its length) strictly: no unknown, missing or repeated keys, sizes that
/// fit dtype and shape, offsets that cover `data_bytes` without gap or overlap. Throws InputError naming
/// `file`.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& file);

}  // namespace maxcert
