// The format is a length, a JSON header and the data; sizes are checked before anything is allocated for
// them.
#include "data/weights/safetensors.hpp"

#include <fmt/format.h>

#include <cstring>

#include "data/base/errors.hpp"
#include "data/files/read_file.hpp"
#include "data/weights/safetensors_header.hpp"
#include "data/weights/tensors.hpp"

namespace maxcert {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kLengthBytes = 8;
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors files are little-endian");

std::uint64_t header_bytes(const std::string& bytes, const std::string& file) {
    if (bytes.size() < kLengthBytes) {
        throw InputError(file, "header length", "the file ends before it",
                         "this is not a whole safetensors file");
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), kLengthBytes);
    if (length > kMaxHeaderBytes) {
        throw InputError(file, "header length", fmt::format("{} is above {}", length, kMaxHeaderBytes),
                         "this is not a safetensors file");
    }
    if (length > bytes.size() - kLengthBytes) {
        throw InputError(file, "header length", fmt::format("{} is more than the file holds", length),
                         "the file is truncated: copy it again");
    }
    return length;
}

/// Empty for a dtype that no certified tensor has.
std::vector<float> values_of(const TensorInfo& info, const char* data) {
    const std::size_t size = info.end - info.begin;
    if (info.dtype == "BOOL") return {data, data + size};
    std::vector<float> values(info.dtype == "F32" ? size / sizeof(float) : 0);
    if (!values.empty()) std::memcpy(values.data(), data, size);
    return values;
}

}  // namespace

Weights load_safetensors(const std::string& path, Metadata* metadata) {
    return parse_safetensors(read_file(path, kMaxFileBytes), path, metadata);
}

Weights parse_safetensors(const std::string& bytes, const std::string& name, Metadata* metadata) {
    const std::uint64_t length = header_bytes(bytes, name);
    const std::uint64_t start = kLengthBytes + length;
    SafetensorsHeader header = parse_safetensors_header(std::string_view(bytes).substr(kLengthBytes, length),
                                                        bytes.size() - start, name);
    NamedTensors tensors;
    for (const auto& [tensor_name, info] : header.tensors) {
        NamedTensor& tensor = tensors[tensor_name];
        tensor.dtype = info.dtype;
        tensor.shape = info.shape;
        if (needs_values(tensor_name)) tensor.values = values_of(info, bytes.data() + start + info.begin);
    }
    if (metadata) *metadata = std::move(header.metadata);
    return weights_from_tensors(tensors, name);
}

}  // namespace maxcert
