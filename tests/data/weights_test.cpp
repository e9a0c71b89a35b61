#include "data/weights/weights.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "data/base/errors.hpp"
#include "data/weights/identity.hpp"
#include "data/weights/validate.hpp"
#include "tests/support/golden.hpp"

namespace maxcert {
namespace {

TEST(Weights, DigestsOfGoldenFiles) {
    // By Python's hashlib over struct.pack('<4I', ...) and the tensors' bytes in the order of the header.
    EXPECT_EQ(sha256_of(golden("max-of-4-golden")),
              "f790f464da91012488b927470ef58eab6f425072e1681415daeb5c478eecfa39");
    EXPECT_EQ(sha256_of(golden("max-of-5-golden")),
              "99d625685d769d99a6adb2cf97381478e828a50ebc3172b4f698b5dcc8741af2");
    EXPECT_EQ(sha256_of(golden("mean-diff-trap")),
              "9466196e9dcf081e4bf38b07b809155c8fb9f0e9805396e708fc265c685c65c2");
}

TEST(Weights, DigestSeesEveryMatrixAndTheShape) {
    const Weights base = golden("mean-diff-trap");
    for (auto member : {&Weights::W_E, &Weights::W_pos, &Weights::W_Q, &Weights::W_K, &Weights::W_V,
                        &Weights::W_O, &Weights::W_U}) {
        Weights changed = base;
        (changed.*member).back() += 1;
        EXPECT_NE(sha256_of(changed), sha256_of(base));
    }
    Weights changed = base;
    std::swap(changed.shape.n_ctx, changed.shape.d_vocab);
    EXPECT_NE(sha256_of(changed), sha256_of(base));
}

TEST(Weights, ValidationNamesWhatIsWrong) {
    const auto message = [](const Weights& weights) -> std::string {
        try {
            validate(weights, "some.file");
        } catch (const InputError& e) {
            return e.what();
        }
        return "accepted";
    };
    const Weights base = golden("mean-diff-trap");
    EXPECT_EQ(message(base), "accepted");
    Weights w = base;
    w.W_K.pop_back();
    EXPECT_NE(message(w).find("some.file: blocks.0.attn.W_K"), std::string::npos) << message(w);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
        w = base;
        w.W_U[5] = bad;
        EXPECT_NE(message(w).find("[1,1] is not finite"), std::string::npos) << message(w);
    }
    w = base;
    w.shape.n_ctx = 0;
    EXPECT_NE(message(w).find("n_ctx"), std::string::npos) << message(w);
    w.shape.n_ctx = kMaxDimension + 1;
    EXPECT_NE(message(w).find("n_ctx"), std::string::npos) << message(w);
}

}  // namespace
}  // namespace maxcert
