// Every sequence that is proved wrong replays in LibTorch: its float32 forward pass lets the named token win
// too.
#include "certify/failures/failures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/golden.hpp"
#include "train/module.hpp"

namespace maxcert {
namespace {

TEST(Failures, Replay) {
    constexpr double kFloatError = 1e-3;  // above what LibTorch's logits of this model are off by
    const Weights weights = golden("max-of-4-golden");
    Model model(weights);
    const FailureList list = find_failures(model, CheckOptions(), FailureSearch());
    std::vector<std::int64_t> tokens;
    for (const Failure& f : list.wrong) tokens.insert(tokens.end(), f.tokens.begin(), f.tokens.end());
    const std::vector<float> logits = train_module().forward(weights, tokens);
    const std::size_t d_vocab = weights.shape.d_vocab;
    ASSERT_EQ(logits.size(), list.wrong.size() * d_vocab);
    std::size_t clear = 0;
    for (std::size_t i = 0; i < list.wrong.size(); ++i) {
        const Lead& lead = list.wrong[i].lead;
        const float* row = logits.data() + i * d_vocab;
        const auto by = static_cast<double>(row[lead.winner] - row[list.wrong[i].maximum]);
        EXPECT_GE(by, lead.lower - kFloatError);
        EXPECT_LE(by, lead.upper + kFloatError);
        if (lead.lower < kFloatError) continue;
        ++clear;
        EXPECT_NE(static_cast<std::size_t>(std::max_element(row, row + d_vocab) - row),
                  list.wrong[i].maximum);
    }
    EXPECT_GT(clear, list.wrong.size() / 2);
}

}  // namespace
}  // namespace maxcert
