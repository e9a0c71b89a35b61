// The first bytes tell the kind: torch.save writes zip archives; safetensors begin with a length and '{'.
#include "certify/cli/weights_file.hpp"

#include <cstdio>
#include <filesystem>

#include "data/base/errors.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

bool is_torch_file(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return false;  // load_safetensors says what is wrong
    char magic[2] = {};
    const bool zip = std::fread(magic, 1, 2, file) == 2 && magic[0] == 'P' && magic[1] == 'K';
    std::fclose(file);
    return zip;
}

}  // namespace

Weights load_weights(const std::string& path, const TorchLoader& load_torch) {
    if (!std::filesystem::exists(path)) {
        throw InputError(
            path, "", "is not there",
            "maxcert train --config configs/smoke.cfg --save models writes models/seed-N.safetensors");
    }
    return is_torch_file(path) ? load_torch(path) : load_safetensors(path);
}

}  // namespace maxcert
