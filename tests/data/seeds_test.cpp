#include "data/experiment/seeds.hpp"

#include <gtest/gtest.h>

#include "data/base/errors.hpp"
#include "data/experiment/sampler.hpp"
#include "data/hashes/md5.hpp"
#include "data/hashes/sha256.hpp"

namespace maxcert {
namespace {

using Seeds = std::vector<std::uint64_t>;

TEST(Seeds, AreThoseOfThePaper) {
    EXPECT_EQ(model_seed(123), 613947648u);
    EXPECT_EQ(dataset_seed(123), 1914904320u);
    EXPECT_EQ(model_seed(50), 736526336u);
    EXPECT_EQ(dataset_seed(50), 1372813824u);
    // By Python's hashlib and struct.
    EXPECT_EQ(train_seed(123), 3402695680u);
    EXPECT_EQ(test_seed(123), 3741094656u);
    EXPECT_EQ(train_seed(50), 1621452544u);
}

TEST(Seeds, Md5AndSha256OfKnownTexts) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const auto digest = md5("abc");
    EXPECT_EQ(digest[0], 0x90);
    EXPECT_EQ(digest[15], 0x72);
}

TEST(Seeds, SelectionsNameWhatTheySay) {
    const Seeds all = {50, 104, 123, 519, 742, 913, 1185};
    EXPECT_EQ(select_seeds("all", all), all);
    EXPECT_EQ(select_seeds("123", all), Seeds({123}));
    EXPECT_EQ(select_seeds("123, 50,7", all), Seeds({123, 50, 7}));
    EXPECT_EQ(select_seeds("18446744073709551615", all), Seeds({18446744073709551615u}));
    EXPECT_EQ(select_seeds("first:2", all), Seeds({50, 104}));
    EXPECT_EQ(select_seeds("first:99", all), all);
    EXPECT_EQ(select_seeds("@0", all), Seeds({50}));
    EXPECT_EQ(select_seeds("@6", all), Seeds({1185}));
    EXPECT_EQ(select_seeds("@0/3", all), Seeds({50, 104, 123}));
    EXPECT_EQ(select_seeds("@1/3", all), Seeds({519, 742}));
    EXPECT_EQ(select_seeds("@2/3", all), Seeds({913, 1185}));
    EXPECT_EQ(select_seeds("@0/1", all), all);
}

TEST(Seeds, BlocksShareOutEverySeedOnce) {
    Seeds all;
    for (std::uint64_t seed = 0; seed < 151; ++seed) all.push_back(seed);
    for (const std::size_t blocks : {1u, 2u, 10u, 150u, 151u}) {
        Seeds joined;
        for (std::size_t i = 0; i < blocks; ++i) {
            const auto block = select_seeds("@" + std::to_string(i) + "/" + std::to_string(blocks), all);
            EXPECT_FALSE(block.empty());
            joined.insert(joined.end(), block.begin(), block.end());
        }
        EXPECT_EQ(joined, all);
    }
}

TEST(Seeds, RefusesWhatItDoesNotUnderstand) {
    const Seeds all = {50, 104, 123};
    for (const char* text :
         {"",    ",",      "1,",      "-1",       "+1",   "1.5",    "0x10",  "abc",
          "1 2", "first:", "first:0", "first:-1", "@",    "@3",     "@-1",   "@x",
          "@0/", "@/2",    "@0/0",    "@3/3",     "@0/4", "@0/1/2", "50,50", "18446744073709551616"}) {
        EXPECT_THROW(select_seeds(text, all), UsageError) << "'" << text << "'";
    }
}

TEST(Sampler, DrawsTheTokensOfTheMersenneTwister) {
    // The first twelve outputs of MT19937 seeded with 1914904320, mod 64, by an implementation in Python.
    const std::vector<std::int64_t> expected = {17, 2, 59, 12, 45, 59, 16, 2, 44, 56, 31, 44};
    const Shape shape{4, 64, 32, 32};
    EXPECT_EQ(Sampler(shape, 1914904320).sequences(3), expected);

    Sampler in_parts(shape, 1914904320);
    auto tokens = in_parts.sequences(1);
    for (const auto token : in_parts.sequences(2)) tokens.push_back(token);
    EXPECT_EQ(tokens, expected);
}

TEST(Sampler, StaysInsideTheVocabulary) {
    for (const auto token : Sampler({3, 7, 8, 8}, 1).sequences(1000)) {
        EXPECT_GE(token, 0);
        EXPECT_LT(token, 7);
    }
}

}  // namespace
}  // namespace maxcert
