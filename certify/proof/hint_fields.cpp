// Hints come from files that anybody may have written: types, lengths and finite values are checked here, so
// that a check sees only numbers, and enough of them.
#include "certify/proof/hint_fields.hpp"

#include <cmath>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

double finite_number(const Json& json, const std::string& field) {
    if (!json.is_number()) reject_hint(field, "not a number");
    const double value = json.get<double>();
    if (!std::isfinite(value)) reject_hint(field, "not finite");
    return value;
}

}  // namespace

void reject_hint(const std::string& field, const std::string& why) {
    throw CertificateRejected("hints." + field + ": " + why);
}

HintFields::HintFields(const Json& json) : json_(json) {
    if (!json.is_object()) reject_hint("", "not an object");
}

const Json& HintFields::read(const char* name) {
    ++read_;
    const auto found = json_.find(name);
    if (found == json_.end()) reject_hint(name, "missing");
    return *found;
}

double HintFields::finite(const char* name) {
    return finite_number(read(name), name);
}

std::vector<double> HintFields::finite_vector(const char* name, std::size_t length) {
    const Json& json = read(name);
    if (!json.is_array() || json.size() != length) reject_hint(name, "not an array of the right length");
    std::vector<double> values;
    values.reserve(length);
    for (const Json& entry : json) values.push_back(finite_number(entry, name));
    return values;
}

void HintFields::expect_no_more() const {
    if (read_ != json_.size()) reject_hint("", "has fields that this strategy does not use");
}

}  // namespace maxcert
