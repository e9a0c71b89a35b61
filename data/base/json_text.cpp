// The parser is watched: nesting, the number of keys and keys that come twice are refused while reading,
// before they can cost memory or hide a second meaning.
#include "data/base/json_text.hpp"

#include <fmt/format.h>

#include <array>
#include <unordered_set>

#include "data/base/errors.hpp"

namespace maxcert {

Json parse_json_object(const std::string& bytes, const std::string& file, const std::string& remedy) {
    const auto refuse = [&](const std::string& reason) { throw InputError(file, "", reason, remedy); };
    std::array<std::unordered_set<std::string>, kMaxJsonDepth + 1> keys;  // of the open object at each depth
    Json value;
    try {
        value = Json::parse(bytes, [&](int depth, Json::parse_event_t event, Json& parsed) {
            if (depth > kMaxJsonDepth) refuse(fmt::format("nested deeper than {} levels", kMaxJsonDepth));
            if (event == Json::parse_event_t::key) {
                auto& known = keys[static_cast<std::size_t>(depth)];
                const auto& key = parsed.get_ref<const std::string&>();
                if (!known.insert(key).second) refuse(fmt::format("the key '{:.40}' is there twice", key));
                if (known.size() > kMaxJsonKeys)
                    refuse(fmt::format("an object has more than {} keys", kMaxJsonKeys));
            }
            // Keys are reported one level below the object that begins.
            const auto below = static_cast<std::size_t>(depth) + 1;
            if (event == Json::parse_event_t::object_start && below < keys.size()) keys[below].clear();
            return true;
        });
    } catch (const Json::exception& e) {
        refuse(std::string("not JSON: ") + e.what());
    }
    if (!value.is_object()) refuse("not a JSON object");
    return value;
}

std::string text_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace maxcert
