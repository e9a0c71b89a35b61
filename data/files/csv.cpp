// A null is an empty cell; numbers are written as JSON writes them, so that a double reads back as itself.
#include "data/files/csv.hpp"

namespace maxcert {
namespace {

std::string cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

template <class Text>
std::string line_of(const Json& row, Text&& text) {
    std::string line;
    for (const auto& item : row.items()) {
        if (!line.empty() || item.key() != row.begin().key()) line += ',';
        line += cell(text(item));
    }
    return line + "\n";
}

}  // namespace

std::string csv_header(const Json& row) {
    return line_of(row, [](const auto& item) { return item.key(); });
}

std::string csv_line(const Json& row) {
    return line_of(row, [](const auto& item) -> std::string {
        const Json& value = item.value();
        if (value.is_null()) return "";
        return value.is_string() ? value.template get<std::string>() : value.dump();
    });
}

std::string csv_of(const Json& rows) {
    if (rows.empty()) return "\n";
    std::string text = csv_header(rows.front());
    for (const auto& row : rows) text += csv_line(row);
    return text;
}

}  // namespace maxcert
