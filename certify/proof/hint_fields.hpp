// Reads the hints of a certificate field by field; whatever is malformed is rejected by name.
#pragma once

#include <string>
#include <vector>

#include "data/base/json.hpp"

namespace maxcert {

/// Throws CertificateRejected: "hints.FIELD: WHY".
[[noreturn]] void reject_hint(const std::string& field, const std::string& why);

/// The fields of a hints object; every one that it has must have been read in the end. All that a field is
/// not, or not of the given length, or not finite, throws CertificateRejected.
class HintFields {
  public:
    explicit HintFields(const Json& json);

    const Json& read(const char* name);
    double finite(const char* name);
    std::vector<double> finite_vector(const char* name, std::size_t length);
    void expect_no_more() const;

  private:
    const Json& json_;
    std::size_t read_ = 0;
};

}  // namespace maxcert
