// MD5 by OpenSSL's libcrypto, for the published derivation of seeds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace maxcert {

std::array<std::uint8_t, 16> md5(std::string_view text);

/// The version of libcrypto that is loaded.
std::string libcrypto_version();

}  // namespace maxcert
