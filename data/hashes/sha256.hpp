// SHA-256 by OpenSSL's libcrypto.
#pragma once

#include <cstddef>
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

}  // namespace maxcert
