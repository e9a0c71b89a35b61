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
    throw CertificateRejected((field.empty() ? "hints" : "hints." + field) + ": " + why);
}

std::uint64_t whole_number(const Json& json, const std::string& field, std::uint64_t least,
                           std::uint64_t most) {
    if (!json.is_number_unsigned()) reject_hint(field, "not a non-negative integer");
    const auto number = json.get<std::uint64_t>();
    if (number < least || number > most) {
        reject_hint(field, "outside " + std::to_string(least) + ".." + std::to_string(most));
    }
    return number;
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

const Json& HintFields::array(const char* name) {
    const Json& json = read(name);
    if (!json.is_array()) reject_hint(name, "not a list");
    return json;
}

const std::string& HintFields::text(const char* name) {
    const Json& json = read(name);
    if (!json.is_string()) reject_hint(name, "not a string");
    return json.get_ref<const std::string&>();
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

std::uint64_t HintFields::whole(const char* name, std::uint64_t least, std::uint64_t most) {
    return whole_number(read(name), name, least, most);
}

void HintFields::expect_no_more() const {
    if (read_ != json_.size()) reject_hint("", "has fields that this strategy does not use");
}

}  // namespace maxcert
