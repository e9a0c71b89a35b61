// SHA-256 and MD5 by OpenSSL's libcrypto.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace maxcert {

/// Incremental SHA-256.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(const void* bytes, std::size_t size);
    /// Lower-case hex digest; call once.
    std::string hex();

  private:
    void* context_;
};

std::string sha256_hex(std::string_view text);
std::array<std::uint8_t, 16> md5(std::string_view text);

/// The version of libcrypto that is loaded.
std::string libcrypto_version();

}  // namespace maxcert
