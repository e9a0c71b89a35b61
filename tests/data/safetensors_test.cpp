#include "data/weights/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "data/base/errors.hpp"
#include "data/base/json.hpp"
#include "data/files/read_file.hpp"
#include "data/weights/identity.hpp"
#include "data/weights/save_safetensors.hpp"
#include "tests/data/folder.hpp"
#include "tests/support/golden.hpp"

namespace maxcert {
namespace {

std::string with_length(const std::string& header, const std::string& data) {
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

/// A golden file taken apart, to be put together wrongly.
class Safetensors : public FolderTest {
  protected:
    Safetensors() {
        bytes_ = read_file(golden_, 1 << 20);
        std::uint64_t length = 0;
        std::memcpy(&length, bytes_.data(), 8);
        header_ = Json::parse(bytes_.substr(8, length));
        data_ = bytes_.substr(8 + length);
    }

    std::string joined() const { return with_length(header_.dump(), data_); }

    /// Appends a tensor at the end of the data.
    void append(const std::string& name, const std::string& dtype, const std::vector<std::uint64_t>& shape,
                const std::string& data) {
        header_[name] = {
            {"dtype", dtype}, {"shape", shape}, {"data_offsets", {data_.size(), data_.size() + data.size()}}};
        data_ += data;
    }

    static std::string refusal(const std::string& bytes) {
        try {
            parse_safetensors(bytes, "model.safetensors");
        } catch (const InputError& e) {
            EXPECT_EQ(e.code(), ExitCode::input);
            return e.what();
        }
        return "accepted";
    }

    /// Expects a message with the file, `field` and `reason`.
    static void expect_refused(const std::string& bytes, const std::string& field,
                               const std::string& reason) {
        const std::string message = refusal(bytes);
        EXPECT_EQ(message.rfind("model.safetensors: ", 0), 0u) << message;
        EXPECT_NE(message.find(field), std::string::npos) << message;
        EXPECT_NE(message.find(reason), std::string::npos) << message;
        EXPECT_NE(message.find('('), std::string::npos) << "no remedy: " << message;
    }

    const std::string golden_ = MAXCERT_GOLDEN "/mean-diff-trap.safetensors";
    std::string bytes_, data_;
    Json header_;
};

TEST_F(Safetensors, GoldenFileIsRead) {
    const Weights weights = golden("max-of-4-golden");
    EXPECT_EQ(weights.shape, (Shape{4, 64, 32, 32}));
    EXPECT_EQ(weights.W_E[0], 0.3933318257331848f);  // by Python's struct
    EXPECT_EQ(weights.W_E[1], 0.043147649616003036f);
}

TEST_F(Safetensors, RoundTripKeepsEveryBitAndTheMetadata) {
    Weights weights = load_safetensors(golden_);
    weights.W_E[0] = -0.0f;
    weights.W_E[1] = std::numeric_limits<float>::denorm_min();
    weights.W_E[2] = std::numeric_limits<float>::max();
    const Metadata metadata = {{"seed", "123"}, {"note", "quote \" backslash \\ newline \n"}};
    save_safetensors(path("a.safetensors"), weights, metadata);
    Metadata read;
    const Weights again = load_safetensors(path("a.safetensors"), &read);
    EXPECT_EQ(sha256_of(again), sha256_of(weights));
    EXPECT_EQ(read, metadata);
    const std::string bytes = read_file(path("a.safetensors"), 1 << 20);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    EXPECT_EQ(length % 8, 0u);
}

TEST_F(Safetensors, RefusesToSaveWhatItWouldNotRead) {
    Weights weights = load_safetensors(golden_);
    weights.W_Q[3] = std::numeric_limits<float>::infinity();
    EXPECT_THROW(save_safetensors(path("a.safetensors"), weights, {}), InputError);
    EXPECT_FALSE(std::filesystem::exists(path("a.safetensors")));
}

TEST_F(Safetensors, AcceptsMatricesWithoutHeadDimensionMasksAndZeroBiases) {
    for (const char* name : {"W_Q", "W_K", "W_V", "W_O"})
        header_["blocks.0.attn." + std::string(name)]["shape"].erase(0);
    append("blocks.0.attn.mask", "BOOL", {2, 2}, std::string("\1\0\1\1", 4));
    append("blocks.0.attn.IGNORE", "F32", {}, std::string("\0\0\x80\xff", 4));
    append("blocks.0.attn.b_Q", "F32", {1, 8}, std::string(32, '\0'));
    append("unembed.b_U", "F32", {4}, std::string(16, '\0'));
    EXPECT_EQ(sha256_of(parse_safetensors(joined(), "x")), sha256_of(load_safetensors(golden_)));
}

TEST_F(Safetensors, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < bytes_.size(); ++size) {
        EXPECT_NE(refusal(bytes_.substr(0, size)), "accepted") << size << " bytes";
    }
    expect_refused(bytes_.substr(0, 5), "header length", "ends before");
    expect_refused(bytes_.substr(0, 100), "header length", "more than the file holds");
    expect_refused(bytes_.substr(0, bytes_.size() - 1), "unembed.W_U", "data_offsets");
}

TEST_F(Safetensors, RefusesHeaderLengthsBeyondTheFileOrTheFormat) {
    for (const std::uint64_t length : {std::uint64_t{100'000'001}, std::numeric_limits<std::uint64_t>::max(),
                                       std::numeric_limits<std::uint64_t>::max() - 7}) {
        std::string bytes = bytes_;
        std::memcpy(bytes.data(), &length, 8);
        expect_refused(bytes, "header length", "above");
    }
}

TEST_F(Safetensors, RefusesTrailingBytesGapsAndOverlaps) {
    expect_refused(bytes_ + "x", "data", "follow the last tensor");
    auto& offsets = header_["blocks.0.attn.W_Q"]["data_offsets"];
    const auto original = offsets;
    offsets = {original[0].get<int>() - 4, original[1].get<int>() - 4};
    expect_refused(joined(), "blocks.0.attn.W_Q", "overlap");
    offsets = original;
    append("extra", "U8", {4}, "abcd");
    header_["extra"]["data_offsets"] = {data_.size() - 3, data_.size() + 1};
    data_ += "e";
    expect_refused(joined(), "extra", "gap");
}

TEST_F(Safetensors, RefusesSizesThatDoNotFit) {
    auto& tensor = header_["embed.W_E"];
    const auto original = tensor;
    tensor["shape"] = {4, 7};
    expect_refused(joined(), "embed.W_E", "do not fit dtype and shape");
    tensor["shape"] = {std::uint64_t{1} << 62, 16};  // the product wraps around to 0
    expect_refused(joined(), "embed.W_E", "do not fit dtype and shape");
    tensor = original;
    tensor["data_offsets"] = {128, 0};
    expect_refused(joined(), "embed.W_E", "data_offsets");
    tensor["data_offsets"] = {0, std::uint64_t{1} << 63};
    expect_refused(joined(), "embed.W_E", "data_offsets");
}

TEST_F(Safetensors, RefusesWrongDtypes) {
    header_["embed.W_E"]["dtype"] = "I32";
    expect_refused(joined(), "embed.W_E", "I32 instead of F32");
    header_["embed.W_E"]["dtype"] = "F32X";
    expect_refused(joined(), "embed.W_E", "unknown dtype");
    header_["embed.W_E"]["dtype"] = "F16";
    header_["embed.W_E"]["shape"] = {8, 8};
    expect_refused(joined(), "embed.W_E", "F16 instead of F32");
}

TEST_F(Safetensors, RefusesMissingAndInconsistentTensors) {
    auto header = header_;
    for (const auto& [name, tensor] : header.items()) {
        header_ = header;
        header_["unrelated"] = tensor;
        header_.erase(name);
        expect_refused(joined(), name, "missing");
    }
    header_ = header;
    header_["unembed.W_U"]["shape"] = {4, 8};
    expect_refused(joined(), "unembed.W_U", "does not fit");
    header_ = header;
    header_["blocks.0.attn.W_K"]["shape"] = {1, 16, 4};
    expect_refused(joined(), "blocks.0.attn.W_K", "does not fit");
    header_ = header;
    header_["blocks.0.attn.W_Q"]["shape"] = {2, 4, 8};
    expect_refused(joined(), "blocks.0.attn.W_Q", "[2,4,8]");
    header_ = header;
    header_["embed.W_E"]["shape"] = {32};
    expect_refused(joined(), "embed.W_E", "[32]");
}

TEST_F(Safetensors, RefusesNonFiniteWeights) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        std::string bytes = bytes_;
        std::memcpy(bytes.data() + bytes.size() - 4, &bad, 4);
        expect_refused(bytes, "unembed.W_U", "[7,3] is not finite");
    }
}

TEST_F(Safetensors, RefusesPartsOfOtherModels) {
    const auto header = header_;
    const auto data = data_;
    append("blocks.0.attn.b_V", "F32", {1, 1}, std::string("\0\0\x80\x3f", 4));
    expect_refused(joined(), "blocks.0.attn.b_V", "not zero");
    for (const char* name :
         {"blocks.1.attn.W_Q", "blocks.0.mlp.W_in", "blocks.0.ln1.w", "ln_final.w", "embed.ln.w",
          "blocks.0.attn.rotary_sin", "relative_attention_bias", "blocks.0.attn.W_X", "blocks.0.attn.b_X",
          "blocks.0.attn.relative_attention_bias.weight", "embed.W_E2", "blocks.0.attn.mask2", "unembed.b_V",
          "hook_scale"}) {
        header_ = header;
        data_ = data;
        append(name, "F32", {1}, std::string(4, '\0'));
        expect_refused(joined(), name, "does not have");
    }
    header_ = header;
    data_ = data;
    append("unembed.b_U", "F16", {1}, std::string(2, '\0'));
    expect_refused(joined(), "unembed.b_U", "F16");
}

TEST_F(Safetensors, RefusesMasksThatHideSomethingFromTheLastPosition) {
    const auto header = header_;
    const auto data = data_;
    const auto with_mask = [&](const char* dtype, const std::vector<std::uint64_t>& shape,
                               const std::string& bytes) {
        header_ = header;
        data_ = data;
        append("blocks.0.attn.mask", dtype, shape, bytes);
        return joined();
    };
    expect_refused(with_mask("BOOL", {2, 2}, std::string("\1\1\0\1", 4)), "blocks.0.attn.mask",
                   "last position");
    expect_refused(with_mask("BOOL", {4}, std::string(4, '\1')), "blocks.0.attn.mask",
                   "instead of BOOL [2,2]");
    expect_refused(with_mask("BOOL", {1, 1}, std::string(1, '\1')), "blocks.0.attn.mask",
                   "instead of BOOL [2,2]");
    expect_refused(with_mask("F16", {2, 2}, std::string(8, '\1')), "blocks.0.attn.mask",
                   "instead of BOOL [2,2]");
}

TEST_F(Safetensors, RefusesBadHeaders) {
    const auto refuse_header = [](const std::string& header, const std::string& reason) {
        expect_refused(with_length(header, ""), "header", reason);
    };
    refuse_header("", "start");
    refuse_header(" {}", "start");
    refuse_header("[]", "start");
    refuse_header("{", "JSON");
    refuse_header("{} x", "JSON");
    refuse_header("{\"a\xff\":1}", "JSON");
    refuse_header(R"({"a":1})", "number");
    refuse_header(R"({"a":null})", "null");
    refuse_header(R"({"a":"text"})", "text");
    refuse_header(R"({"a":[1]})", "list");
    refuse_header(R"({"a":{"dtype":"F32","shape":[0]}})", "lacks");
    refuse_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"more":"x"}})", "not a field");
    refuse_header(R"({"a":{"dtype":"F32","dtype":"F32"}})", "twice");
    refuse_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0]}})", "pair");
    refuse_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}})", "negative");
    refuse_header(R"({"a":{"dtype":"F32","shape":[0.5],"data_offsets":[0,0]}})", "whole");
    refuse_header(R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}})",
                  "too large");
    refuse_header(R"({"a":{"dtype":5}})", "number");
    refuse_header(R"({"a":{"shape":"x"}})", "text");
    refuse_header(R"({"a":{"dtype":[]}})", "list");
    refuse_header(R"({"a":{"shape":[[0]]}})", "list");
    refuse_header(R"({"a":{"shape":{}}})", "object");
    refuse_header(R"({"__metadata__":{"a":1}})", "number");
    refuse_header(R"({"__metadata__":{"a":{}}})", "object");
    refuse_header(R"({"__metadata__":{"a":"1","a":"2"}})", "twice");
    refuse_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{}})", "twice");
    refuse_header(R"({"a":{"dtype":"F32","shape":[0,0,0,0,0,0,0,0,0],"data_offsets":[0,0]}})", "8 entries");
}

TEST_F(Safetensors, DeepNestingCostsNoStack) {
    for (const char* opening : {R"({"a":)", "["}) {
        std::string header = R"({"x":)";
        for (int i = 0; i < 1'000'000; ++i) header += opening;
        EXPECT_NE(refusal(with_length(header, "")), "accepted");
    }
}

TEST_F(Safetensors, EveryFlippedBitIsReadOrRefused) {
    // Nothing but an InputError may come out of a damaged header.
    const std::size_t header_end = bytes_.size() - data_.size();
    for (std::size_t at = 0; at < header_end; ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string bytes = bytes_;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            refusal(bytes);
        }
    }
}

TEST_F(Safetensors, UnreadablePathsAreInputErrors) {
    EXPECT_THROW(load_safetensors(path("missing")), InputError);
    EXPECT_THROW(load_safetensors(folder_.string()), InputError);
}

}  // namespace
}  // namespace maxcert
