// The header is padded with spaces, so that the data begin at a multiple of 8 bytes.
#include "data/weights/save_safetensors.hpp"

#include "data/base/json.hpp"
#include "data/files/files.hpp"
#include "data/weights/tensors.hpp"
#include "data/weights/validate.hpp"

namespace maxcert {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors files are little-endian");

void save_safetensors(const std::string& path, const Weights& weights, const Metadata& metadata) {
    validate(weights, path);
    Json header = Json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::string data;
    for (const auto& [name, shape, values] : named_matrices(weights)) {
        const std::size_t begin = data.size();
        data.append(reinterpret_cast<const char*>(values->data()), values->size() * sizeof(float));
        header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    const std::uint64_t length = text.size();
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    write_file_atomically(path, bytes + text + data);
}

}  // namespace maxcert
