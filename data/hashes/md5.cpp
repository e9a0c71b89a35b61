// A thin wrapper around OpenSSL: its failure becomes an error here.
#include "data/hashes/md5.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "data/base/errors.hpp"

namespace maxcert {

std::array<std::uint8_t, 16> md5(std::string_view text) {
    std::array<std::uint8_t, 16> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
        throw Error("libcrypto failed to compute a hash");
    }
    return digest;
}

std::string libcrypto_version() {
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

}  // namespace maxcert
