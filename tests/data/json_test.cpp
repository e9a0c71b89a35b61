#include "data/base/json.hpp"

#include <gtest/gtest.h>

#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"

namespace maxcert {
namespace {

Json parsed(const std::string& text) {
    return parse_json_object(text, "file.json", "the remedy");
}

std::string nested(int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "{\"a\":";
    text += "1";
    return text + std::string(static_cast<std::size_t>(depth), '}');
}

std::string with_keys(int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return text + "}";
}

TEST(JsonFiles, LimitsAreExact) {
    EXPECT_NO_THROW(parsed(nested(kMaxJsonDepth)));
    EXPECT_THROW(parsed(nested(kMaxJsonDepth + 1)), InputError);
    EXPECT_EQ(parsed(with_keys(kMaxJsonKeys)).size(), static_cast<std::size_t>(kMaxJsonKeys));
    EXPECT_THROW(parsed(with_keys(kMaxJsonKeys + 1)), InputError);
    // The limit is of each object, not of all.
    EXPECT_NO_THROW(parsed("{\"a\":" + with_keys(kMaxJsonKeys) + ",\"b\":" + with_keys(kMaxJsonKeys) + "}"));
}

TEST(JsonFiles, OnlyObjectsAreRead) {
    for (const char* text : {"", "[]", "1", "null", "{", "{\"a\":1}x", "{\"a\":\xff}"}) {
        try {
            parsed(text);
            ADD_FAILURE() << "accepted: " << text;
        } catch (const InputError& e) {
            EXPECT_NE(std::string(e.what()).find("file.json"), std::string::npos);
            EXPECT_NE(std::string(e.what()).find("the remedy"), std::string::npos);
        }
    }
}

TEST(JsonFiles, TextOfOtherTypesIsEmpty) {
    const Json object = parsed(R"({"a":"x","b":5})");
    EXPECT_EQ(text_at(object, "a"), "x");
    EXPECT_EQ(text_at(object, "b"), "");
    EXPECT_EQ(text_at(object, "c"), "");
}

}  // namespace
}  // namespace maxcert
