// Reads the hints of a certificate field by field; whatever is malformed is rejected by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/base/json.hpp"

namespace maxcert {

/// Throws CertificateRejected: "hints.FIELD: WHY", or "hints: WHY" where `field` is empty.
[[noreturn]] void reject_hint(const std::string& field, const std::string& why);

/// An integer of least..most; anything else throws CertificateRejected in the name of `field`.
std::uint64_t whole_number(const Json& json, const std::string& field, std::uint64_t least,
                           std::uint64_t most);

/// The fields of a hints object; every one that it has must have been read in the end. All that a field is
/// not, or not of the given length, or not finite, throws CertificateRejected.
class HintFields {
  public:
    explicit HintFields(const Json& json);

    const Json& read(const char* name);
    const Json& array(const char* name);
    const std::string& text(const char* name);
    double finite(const char* name);
    std::vector<double> finite_vector(const char* name, std::size_t length);
    std::uint64_t whole(const char* name, std::uint64_t least, std::uint64_t most);
    void expect_no_more() const;

  private:
    const Json& json_;
    std::size_t read_ = 0;
};

}  // namespace maxcert
