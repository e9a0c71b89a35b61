// Strict parsing: the whole text must be the number.
#include "data/base/text.hpp"

#include <charconv>

namespace maxcert {

std::vector<std::string> split(std::string_view text, char separator) {
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string> parts;
    for (std::size_t start = 0;;) {
        const auto end = text.find(separator, start);
        auto part = text.substr(start, end == std::string_view::npos ? end : end - start);
        part.remove_prefix(std::min(part.find_first_not_of(blanks), part.size()));
        part = part.substr(0, part.find_last_not_of(blanks) + 1);
        parts.emplace_back(part);
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace maxcert
