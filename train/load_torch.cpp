// LibTorch unpickles; names and shapes go through the same checks as safetensors do.
#include "train/load_torch.hpp"

#include <ATen/ATen.h>
#include <torch/serialize.h>

#include "data/base/errors.hpp"
#include "data/files/read_file.hpp"
#include "data/weights/tensors.hpp"

namespace maxcert {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;
constexpr const char* kRemedy =
    "save a plain dict of tensors from Python: torch.save(dict(model.state_dict()), path)";

/// LibTorch 1.13 reads past the end of what has no zip directory: a record in the last 65557 bytes.
bool has_zip_directory(const std::string& bytes) {
    const std::size_t record = bytes.rfind("PK\x05\x06");
    return record != std::string::npos && bytes.size() - record <= 65557;
}

c10::IValue unpickle(const std::string& path) {
    const std::string bytes = read_file(path, kMaxFileBytes);
    try {
        if (has_zip_directory(bytes)) return torch::pickle_load({bytes.begin(), bytes.end()});
    } catch (const std::exception&) {
        // LibTorch's reader knows no Python classes: an OrderedDict ends here, as do damaged files.
    }
    throw InputError(path, "", "LibTorch cannot read it as a plain dict of tensors", kRemedy);
}

NamedTensor named_tensor(const at::Tensor& tensor, bool with_values) {
    NamedTensor named;
    named.dtype = tensor.scalar_type() == at::kFloat  ? "F32"
                  : tensor.scalar_type() == at::kBool ? "BOOL"
                                                      : c10::toString(tensor.scalar_type());
    for (const auto size : tensor.sizes()) named.shape.push_back(static_cast<std::uint64_t>(size));
    if (!with_values || (named.dtype != "F32" && named.dtype != "BOOL")) return named;
    const auto floats = tensor.to(at::kCPU, at::kFloat).contiguous();
    named.values.assign(floats.data_ptr<float>(), floats.data_ptr<float>() + floats.numel());
    return named;
}

}  // namespace

Weights load_torch(const std::string& path) {
    const c10::IValue value = unpickle(path);
    if (!value.isGenericDict()) throw InputError(path, "", "does not hold a dict", kRemedy);
    NamedTensors tensors;
    for (const auto& entry : value.toGenericDict()) {
        if (!entry.key().isString() || !entry.value().isTensor()) {
            throw InputError(path, "", "holds something else than tensors by name", kRemedy);
        }
        const std::string& name = entry.key().toStringRef();
        tensors[name] = named_tensor(entry.value().toTensor(), needs_values(name));
    }
    return weights_from_tensors(tensors, path);
}

}  // namespace maxcert
