// The hash covers shape and values and no file format, so that a certificate names weights wherever they are
// kept.
#include "data/weights/identity.hpp"

#include "data/hashes/sha256.hpp"

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

}  // namespace

std::string sha256_of(const Weights& w) {
    Sha256 hash;
    for (const auto size : {w.shape.n_ctx, w.shape.d_vocab, w.shape.d_model, w.shape.d_head})
        hash_u32(hash, size);
    for (const auto* matrix : {&w.W_E, &w.W_pos, &w.W_Q, &w.W_K, &w.W_V, &w.W_O, &w.W_U})
        hash_floats(hash, *matrix);
    return hash.hex();
}

}  // namespace maxcert
