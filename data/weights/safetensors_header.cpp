// A SAX reader, since a hostile header may be large or deep: it follows the five places that a valid one has
// and stops elsewhere.
#include "data/weights/safetensors_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "data/base/errors.hpp"
#include "data/base/json.hpp"

namespace maxcert {
namespace {

constexpr const char* kRemedy = "write the file again with a safetensors library";

/// Follows the parser's events with the five places a valid header can be in; anything else is refused at
/// once, so neither nesting nor size of a hostile header costs more than reading it.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
  public:
    HeaderReader(SafetensorsHeader& header, const std::string& file) : header_(header), file_(file) {}

    bool start_object(std::size_t) override {
        if (place_ == Place::start) {
            place_ = Place::header;
        } else if (place_ == Place::header) {
            place_ = name_ == "__metadata__" ? Place::metadata : Place::tensor;
            seen_.clear();
        } else {
            refuse("an object stands where none belongs");
        }
        return true;
    }
    bool key(string_t& key) override {
        if (place_ == Place::header) {
            name_ = key;
            field_.clear();
            if (!names_.insert(key).second) refuse("is there twice");
        } else {
            field_ = key;
            if (!seen_.insert(key).second) refuse("is there twice");
            if (place_ == Place::tensor && key != "dtype" && key != "shape" && key != "data_offsets") {
                refuse("is not a field of a tensor");
            }
        }
        return true;
    }
    bool end_object() override {
        if (place_ == Place::tensor) {
            field_.clear();
            if (seen_.size() != 3) refuse("lacks dtype, shape or data_offsets");
        }
        place_ = place_ == Place::header ? Place::end : Place::header;
        name_.clear();
        return true;
    }
    bool start_array(std::size_t) override {
        if (place_ != Place::tensor || field_ == "dtype") refuse("a list stands where none belongs");
        place_ = Place::numbers;
        numbers_.clear();
        return true;
    }
    bool end_array() override {
        place_ = Place::tensor;
        TensorInfo& tensor = header_.tensors[name_];
        if (field_ == "shape") {
            tensor.shape = numbers_;
        } else {
            if (numbers_.size() != 2) refuse("is not a pair");
            tensor.begin = numbers_[0];
            tensor.end = numbers_[1];
        }
        return true;
    }
    bool number_unsigned(number_unsigned_t value) override {
        if (place_ != Place::numbers) refuse("a number stands where none belongs");
        if (numbers_.size() >= 8) refuse("has more than 8 entries");
        numbers_.push_back(value);
        return true;
    }
    bool string(string_t& value) override {
        if (place_ == Place::metadata) {
            header_.metadata[field_] = value;
        } else if (place_ == Place::tensor && field_ == "dtype") {
            header_.tensors[name_].dtype = value;
        } else {
            refuse("a text stands where none belongs");
        }
        return true;
    }
    bool null() override { refuse("null stands where a value belongs"); }
    bool boolean(bool) override { refuse("a truth value stands where none belongs"); }
    bool number_integer(number_integer_t) override { refuse("a negative number stands where none belongs"); }
    bool number_float(number_float_t, const string_t&) override {
        refuse("a number is not whole or too large");
    }
    bool binary(binary_t&) override { refuse("binary data stands where none belongs"); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        throw InputError(file_, "header", fmt::format("is not valid JSON at byte {}", position), kRemedy);
    }

  private:
    enum class Place { start, header, metadata, tensor, numbers, end };

    [[noreturn]] void refuse(const std::string& reason) const {
        std::string field = "header";
        for (const auto* part : {&name_, &field_}) {
            if (!part->empty()) field += "." + part->substr(0, 80);
        }
        throw InputError(file_, field, reason, kRemedy);
    }

    SafetensorsHeader& header_;
    const std::string& file_;
    Place place_ = Place::start;
    std::string name_, field_;
    std::set<std::string> names_, seen_;
    std::vector<std::uint64_t> numbers_;
};

std::uint64_t bytes_per_entry(const std::string& dtype) {
    static const std::map<std::string, std::uint64_t> sizes = {
        {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
        {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},
        {"I32", 4},  {"F32", 4}, {"U64", 8}, {"I64", 8},     {"F64", 8}};
    const auto found = sizes.find(dtype);
    return found == sizes.end() ? 0 : found->second;
}

void check_size(const std::string& name, const TensorInfo& tensor, std::uint64_t data_bytes,
                const std::string& file) {
    std::uint64_t bytes = bytes_per_entry(tensor.dtype);
    if (bytes == 0)
        throw InputError(file, name, "unknown dtype '" + tensor.dtype.substr(0, 40) + "'", kRemedy);
    bool overflow = false;
    for (const auto n : tensor.shape) overflow = __builtin_mul_overflow(bytes, n, &bytes) || overflow;
    if (tensor.begin > tensor.end || tensor.end > data_bytes) {
        throw InputError(file, name,
                         fmt::format("data_offsets [{},{}] leave the {} bytes of data", tensor.begin,
                                     tensor.end, data_bytes),
                         "the file is damaged or truncated: copy it again");
    }
    if (overflow || bytes != tensor.end - tensor.begin) {
        throw InputError(
            file, name,
            fmt::format("data_offsets [{},{}] do not fit dtype and shape", tensor.begin, tensor.end),
            kRemedy);
    }
}

void check_coverage(const SafetensorsHeader& header, std::uint64_t data_bytes, const std::string& file) {
    std::vector<const std::pair<const std::string, TensorInfo>*> order;
    for (const auto& entry : header.tensors) order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::make_pair(a->second.begin, a->second.end) <
               std::make_pair(b->second.begin, b->second.end);
    });
    std::uint64_t covered = 0;
    for (const auto* entry : order) {
        const auto& [name, tensor] = *entry;
        if (tensor.begin != covered) {
            throw InputError(file, name,
                             fmt::format("data_offsets start at {} instead of {}: a gap or an overlap",
                                         tensor.begin, covered),
                             kRemedy);
        }
        covered = tensor.end;
    }
    if (covered != data_bytes) {
        throw InputError(file, "data", fmt::format("{} bytes follow the last tensor", data_bytes - covered),
                         kRemedy);
    }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& file) {
    SafetensorsHeader header;
    HeaderReader reader(header, file);
    if (json.empty() || json[0] != '{') throw InputError(file, "header", "does not start with '{'", kRemedy);
    nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
    for (const auto& [name, tensor] : header.tensors) check_size(name, tensor, data_bytes, file);
    check_coverage(header, data_bytes, file);
    return header;
}

}  // namespace maxcert
