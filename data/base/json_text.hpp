// JSON read from files that anybody may have written.
#pragma once

#include <string>

#include "data/base/json.hpp"

namespace maxcert {

/// What files may hold: neither deep nesting nor objects of many keys (looked through one by one) get far.
constexpr int kMaxJsonDepth = 16;
constexpr std::size_t kMaxJsonKeys = 512;

/// The JSON object in `bytes`. Throws InputError naming `file`, with `remedy`, for anything else, a key that
/// an object has twice included: readers disagree on which one counts.
Json parse_json_object(const std::string& bytes, const std::string& file, const std::string& remedy);

/// The text at `key` of an object, or nothing of a text: empty.
std::string text_at(const Json& object, const char* key);

}  // namespace maxcert
