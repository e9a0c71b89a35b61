// Thin wrappers around OpenSSL: its failures become errors here, and its contexts are freed.
#include "data/hashes/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

void require(int ok) {
    if (ok != 1) throw Error("libcrypto failed to compute a hash");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    require(context_ != nullptr);
    require(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr));
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256::update(const void* bytes, std::size_t size) {
    require(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes, size));
}

std::string Sha256::hex() {
    std::array<std::uint8_t, 32> digest{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), &size));
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const auto byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string sha256_hex(std::string_view text) {
    Sha256 hash;
    hash.update(text.data(), text.size());
    return hash.hex();
}

}  // namespace maxcert
