// Accepts the seven matrices and a short list of tensors that change nothing; every other name is refused,
// since a tensor that is ignored may make the file another architecture's.
#include "data/weights/tensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "data/base/errors.hpp"
#include "data/weights/validate.hpp"

namespace maxcert {
namespace {

constexpr const char* kExportAgain = "export a one-layer, one-head, attention-only model in float32";

constexpr const char* kWeights[] = {"embed.W_E",         "pos_embed.W_pos",   "blocks.0.attn.W_Q",
                                    "blocks.0.attn.W_K", "blocks.0.attn.W_V", "blocks.0.attn.W_O",
                                    "unembed.W_U"};
/// Passed over where they are zero.
constexpr const char* kBiases[] = {"blocks.0.attn.b_Q", "blocks.0.attn.b_K", "blocks.0.attn.b_V",
                                   "blocks.0.attn.b_O", "unembed.b_U"};
/// Which position sees which; passed over where the last one sees all.
constexpr const char* kMask = "blocks.0.attn.mask";
/// The score of what a position does not see: the last one sees all.
constexpr const char* kIgnore = "blocks.0.attn.IGNORE";

template <std::size_t N>
bool is_one_of(const char* const (&names)[N], const std::string& name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// The matrix `name` as [rows, columns]; a leading dimension of one head is dropped.
struct Matrix {
    std::uint32_t rows, columns;
    const std::vector<float>& values;
};

Matrix find(const NamedTensors& tensors, const std::string& name, bool per_head, const std::string& file) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw InputError(file, name, "the tensor is missing", kExportAgain);
    const NamedTensor& tensor = found->second;
    if (tensor.dtype != "F32") {
        throw InputError(file, name, fmt::format("the dtype is {} instead of F32", tensor.dtype),
                         kExportAgain);
    }
    auto shape = tensor.shape;
    if (per_head && shape.size() == 3 && shape[0] == 1) shape.erase(shape.begin());
    const auto in_range = [](std::uint64_t size) { return 1 <= size && size <= kMaxDimension; };
    if (shape.size() != 2 || !in_range(shape[0]) || !in_range(shape[1])) {
        throw InputError(
            file, name,
            fmt::format("the shape is [{}] instead of {}, each in 1..{}", fmt::join(tensor.shape, ","),
                        per_head ? "[1,rows,columns]" : "[rows,columns]", kMaxDimension),
            kExportAgain);
    }
    return {static_cast<std::uint32_t>(shape[0]), static_cast<std::uint32_t>(shape[1]), tensor.values};
}

void require_shape(const Matrix& matrix, std::uint32_t rows, std::uint32_t columns, const char* name,
                   const std::string& file) {
    if (matrix.rows == rows && matrix.columns == columns) return;
    throw InputError(file, name,
                     fmt::format("the shape [{},{}] does not fit the others, which ask for [{},{}]",
                                 matrix.rows, matrix.columns, rows, columns),
                     "export all tensors from the same model");
}

void require_zero_bias(const NamedTensor& tensor, const std::string& name, const std::string& file) {
    if (tensor.dtype != "F32") {
        throw InputError(file, name, fmt::format("the dtype is {} instead of F32", tensor.dtype),
                         kExportAgain);
    }
    const bool zero = std::all_of(tensor.values.begin(), tensor.values.end(), [](float x) { return x == 0; });
    if (!zero) throw InputError(file, name, "the bias is not zero", "export a model without biases");
}

/// [n_ctx, n_ctx] truth values; the last position alone is certified, and must see every other.
void require_full_last_row(const NamedTensor& mask, std::uint64_t n_ctx, const std::string& file) {
    if (mask.dtype != "BOOL" || mask.shape != std::vector<std::uint64_t>{n_ctx, n_ctx}) {
        throw InputError(file, kMask,
                         fmt::format("is {} [{}] instead of BOOL [{},{}]", mask.dtype,
                                     fmt::join(mask.shape, ","), n_ctx, n_ctx),
                         "export all tensors from the same model");
    }
    const auto sees = [](float x) { return x != 0; };
    if (!std::all_of(mask.values.end() - static_cast<std::ptrdiff_t>(n_ctx), mask.values.end(), sees)) {
        throw InputError(file, kMask, "the last position does not see every position", kExportAgain);
    }
}

/// To ignore a tensor could certify a model that is not the one in the file.
void refuse_what_is_not_modelled(const NamedTensors& tensors, std::uint64_t n_ctx, const std::string& file) {
    for (const auto& [name, tensor] : tensors) {
        if (is_one_of(kBiases, name)) {
            require_zero_bias(tensor, name, file);
        } else if (name == kMask) {
            require_full_last_row(tensor, n_ctx, file);
        } else if (name != kIgnore && !is_one_of(kWeights, name)) {
            throw InputError(file, name.substr(0, 80),
                             "belongs to a part that the certified architecture does not have", kExportAgain);
        }
    }
}

}  // namespace

bool needs_values(const std::string& name) {
    return is_one_of(kWeights, name) || is_one_of(kBiases, name) || name == kMask;
}

Weights weights_from_tensors(const NamedTensors& tensors, const std::string& file) {
    const auto W_E = find(tensors, "embed.W_E", false, file);
    const auto W_pos = find(tensors, "pos_embed.W_pos", false, file);
    const auto W_Q = find(tensors, "blocks.0.attn.W_Q", true, file);
    const auto W_K = find(tensors, "blocks.0.attn.W_K", true, file);
    const auto W_V = find(tensors, "blocks.0.attn.W_V", true, file);
    const auto W_O = find(tensors, "blocks.0.attn.W_O", true, file);
    const auto W_U = find(tensors, "unembed.W_U", false, file);
    const Shape shape{W_pos.rows, W_E.rows, W_E.columns, W_Q.columns};
    require_shape(W_pos, shape.n_ctx, shape.d_model, "pos_embed.W_pos", file);
    require_shape(W_Q, shape.d_model, shape.d_head, "blocks.0.attn.W_Q", file);
    require_shape(W_K, shape.d_model, shape.d_head, "blocks.0.attn.W_K", file);
    require_shape(W_V, shape.d_model, shape.d_head, "blocks.0.attn.W_V", file);
    require_shape(W_O, shape.d_head, shape.d_model, "blocks.0.attn.W_O", file);
    require_shape(W_U, shape.d_model, shape.d_vocab, "unembed.W_U", file);
    refuse_what_is_not_modelled(tensors, shape.n_ctx, file);
    Weights weights{shape,      W_E.values, W_pos.values, W_Q.values,
                    W_K.values, W_V.values, W_O.values,   W_U.values};
    validate(weights, file);
    return weights;
}

std::vector<NamedMatrix> named_matrices(const Weights& w) {
    const std::uint64_t k = w.shape.n_ctx, v = w.shape.d_vocab, d = w.shape.d_model, h = w.shape.d_head;
    return {{"embed.W_E", {v, d}, &w.W_E},
            {"pos_embed.W_pos", {k, d}, &w.W_pos},
            {"blocks.0.attn.W_Q", {1, d, h}, &w.W_Q},
            {"blocks.0.attn.W_K", {1, d, h}, &w.W_K},
            {"blocks.0.attn.W_V", {1, d, h}, &w.W_V},
            {"blocks.0.attn.W_O", {1, h, d}, &w.W_O},
            {"unembed.W_U", {d, v}, &w.W_U}};
}

}  // namespace maxcert
