// The hash covers shape and values and no file format, so that a certificate names weights wherever they are
// kept.
#include "data/weights/weights.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "data/base/digest.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

void hash_u32(Sha256& hash, std::uint32_t value) {
    const unsigned char bytes[4] = {static_cast<unsigned char>(value), static_cast<unsigned char>(value >> 8),
                                    static_cast<unsigned char>(value >> 16),
                                    static_cast<unsigned char>(value >> 24)};
    hash.update(bytes, sizeof bytes);
}

void hash_floats(Sha256& hash, const std::vector<float>& values) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the digest is over little-endian floats");
    hash.update(values.data(), values.size() * sizeof(float));
}

void check_dimension(std::uint32_t size, const char* name, const std::string& file) {
    if (size < 1 || size > kMaxDimension) {
        throw InputError(file, name, fmt::format("{} is outside 1..{}", size, kMaxDimension),
                         "use a model of a supported size");
    }
}

void check_matrix(const std::vector<float>& matrix, std::uint64_t rows, std::uint64_t columns,
                  const char* name, const std::string& file) {
    if (matrix.size() != rows * columns) {
        throw InputError(file, name, fmt::format("{} entries instead of {}x{}", matrix.size(), rows, columns),
                         "export the model again; all matrices must agree on the shape");
    }
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        if (!std::isfinite(matrix[i])) {
            throw InputError(file, name, fmt::format("entry [{},{}] is not finite", i / columns, i % columns),
                             "nothing can be proved of such a model; train it again");
        }
    }
}

}  // namespace

std::string Weights::sha256() const {
    Sha256 hash;
    for (const auto size : {shape.n_ctx, shape.d_vocab, shape.d_model, shape.d_head}) hash_u32(hash, size);
    for (const auto* matrix : {&W_E, &W_pos, &W_Q, &W_K, &W_V, &W_O, &W_U}) hash_floats(hash, *matrix);
    return hash.hex();
}

void validate(const Weights& w, const std::string& file) {
    const Shape& s = w.shape;
    check_dimension(s.n_ctx, "n_ctx", file);
    check_dimension(s.d_vocab, "d_vocab", file);
    check_dimension(s.d_model, "d_model", file);
    check_dimension(s.d_head, "d_head", file);
    check_matrix(w.W_E, s.d_vocab, s.d_model, "embed.W_E", file);
    check_matrix(w.W_pos, s.n_ctx, s.d_model, "pos_embed.W_pos", file);
    check_matrix(w.W_Q, s.d_model, s.d_head, "blocks.0.attn.W_Q", file);
    check_matrix(w.W_K, s.d_model, s.d_head, "blocks.0.attn.W_K", file);
    check_matrix(w.W_V, s.d_model, s.d_head, "blocks.0.attn.W_V", file);
    check_matrix(w.W_O, s.d_head, s.d_model, "blocks.0.attn.W_O", file);
    check_matrix(w.W_U, s.d_model, s.d_vocab, "unembed.W_U", file);
}

}  // namespace maxcert
