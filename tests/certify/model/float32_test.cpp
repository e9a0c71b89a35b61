// The float32 error bound against float32 programs, and certificates about float32, boxes and rounded
// weights.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "certify/model/float32/softmax_shift.hpp"
#include "certify/proof/claim.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "data/base/count_conversions.hpp"
#include "data/base/errors.hpp"
#include "data/weights/identity.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/exhaustive.hpp"
#include "tests/support/float_program.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

using testing::float_logits;
using testing::gaussian_model;
using testing::kOrders;
using testing::max_like_model;
using testing::Order;
using testing::Random;
using testing::real_logits;
using testing::sequence_at;

const Prover& exact_counts() {
    return *select_strategies("brute_force").front();
}

Options float32_options() {
    Options options;
    options.semantics = Semantics::float32;
    return options;
}

std::vector<std::uint32_t> random_sequence(Random& random, const Shape& shape) {
    std::vector<std::uint32_t> tokens(shape.n_ctx);
    for (auto& t : tokens) t = static_cast<std::uint32_t>(random() % shape.d_vocab);
    return tokens;
}

/// The largest |float32 - real| / bound over every order of one sequence.
double tightness(const Weights& weights, const std::vector<std::uint32_t>& tokens,
                 const Float32Error& bound) {
    const auto real = real_logits(weights, tokens);
    double worst = 0;
    for (const Order order : kOrders) {
        for (const bool subtract : {true, false}) {
            if (!subtract && bound.softmax_needs_maximum) continue;
            const auto logits = float_logits(weights, tokens, order, subtract);
            for (std::size_t x = 0; x < real.size(); ++x) {
                const double error =
                    static_cast<double>(std::fabs(static_cast<long double>(logits[x]) - real[x]));
                const double ratio = error / bound.by_query[tokens.back()];
                worst = std::isnan(ratio) ? ratio : std::max(worst, ratio);
            }
        }
    }
    return worst;
}

TEST(Float32Error, BoundsTheGoldenModelInEveryOrder) {
    const Weights weights = golden("max-of-4-golden");
    Model model(weights);
    const Float32Error& bound = float32_error(model, {});
    ASSERT_TRUE(bound.bounded());
    Random random(1);
    double worst = 0;
    for (int n = 0; n < 1000; ++n)
        worst = std::max(worst, tightness(weights, random_sequence(random, weights.shape), bound));
    EXPECT_LT(worst, 1);
    EXPECT_GT(worst, 1e-4);  // the comparison is alive
    RecordProperty("bound", std::to_string(bound.logit));
    RecordProperty("tightness", std::to_string(worst));
    EXPECT_EQ(bound.logit, *std::max_element(bound.by_query.begin(), bound.by_query.end()));
}

TEST(Float32Error, BoundsRandomModelsInEveryOrder) {
    Random random(2);
    double worst = 0;
    for (int n = 0; n < 60; ++n) {
        const Shape shape{
            1 + static_cast<std::uint32_t>(random() % 5), 1 + static_cast<std::uint32_t>(random() % 6),
            1 + static_cast<std::uint32_t>(random() % 7), 1 + static_cast<std::uint32_t>(random() % 7)};
        const float scale = std::ldexp(1.0f, static_cast<int>(random() % 6) - 3);
        const Weights weights = n % 3 == 0 ? max_like_model(random, shape.n_ctx, shape.d_vocab)
                                           : gaussian_model(random, shape, scale);
        Model model(weights);
        const Float32Error& bound = float32_error(model, {});
        ASSERT_TRUE(bound.bounded());
        for (int i = 0; i < 40; ++i) {
            const double ratio = tightness(weights, random_sequence(random, weights.shape), bound);
            ASSERT_LE(ratio, 1) << "model " << n;
            worst = std::max(worst, ratio);
        }
    }
    EXPECT_GT(worst, 0.05);
    RecordProperty("tightness", std::to_string(worst));
}

/// Summed from the left with 1 as the other factor, every addition but the last rounds up by almost u.
std::vector<float> worst_terms(std::size_t n) {
    std::vector<float> terms(n, 0x1.00001p-24f);
    terms.front() = 1;
    terms.back() = -1;
    return terms;
}

/// A model in which one stage errs nearly as much as it can and what follows sees small numbers only.
Weights worst_case_of(const std::string& stage) {
    constexpr std::uint32_t n = 96;
    const bool wide_model = stage != "output" && stage != "scores";
    Weights w;
    w.shape = {2, 2, wide_model ? n : 1, wide_model ? 1 : n};
    const std::size_t d_model = w.shape.d_model, d_head = w.shape.d_head;
    w.W_E.assign(2 * d_model, 1);
    w.W_pos.assign(2 * d_model, 0);
    w.W_Q.assign(d_model * d_head, 0);
    w.W_K = w.W_V = w.W_O = w.W_Q;
    w.W_U.assign(d_model * 2, 0);
    const auto column_of_unembed = [&w] {
        for (std::size_t d = 0; d < n; ++d) w.W_U[2 * d] = worst_terms(n)[d];
    };
    if (stage == "values" || stage == "unembed") {  // the first position alone says something
        w.W_E.assign(2 * d_model, 0);
        std::fill_n(w.W_pos.begin(), stage == "values" ? d_model : 1, 2.0f);
    }
    if (stage == "values") {
        w.W_V = worst_terms(n);
        w.W_O[0] = 1;
        w.W_U[0] = 1;
    } else if (stage == "direct") {
        column_of_unembed();
    } else if (stage == "unembed") {
        w.W_V[0] = 1;
        w.W_O.assign(d_model, 1);
        column_of_unembed();
    } else if (stage == "output") {
        w.W_V.assign(d_head, 1);
        w.W_O = worst_terms(n);
        w.W_U[0] = 1;
    } else {  // scores of 1024 - 1024 and small change, on tokens that say 1 and -1
        w.W_E[1] = -1;
        w.W_Q.assign(d_head, 1024);
        w.W_K = worst_terms(n);
        w.W_V[0] = 1;
        w.W_O[0] = 1;
        w.W_U[0] = 1;
    }
    return w;
}

/// Without the term of that stage, the bound would be below what a float32 program really loses.
TEST(Float32Error, EveryStageIsNeeded) {
    for (const std::string stage : {"scores", "values", "output", "unembed", "direct"}) {
        const Weights w = worst_case_of(stage);
        Model model(w);
        const Float32Error& bound = float32_error(model, {});
        ASSERT_TRUE(bound.bounded());
        double others = 0, seen = 0;
        for (const auto& [key, value] : bound.stages.items())
            others += key == stage ? 0 : value.get<double>();
        for (std::uint64_t i = 0; i < 4; ++i) {
            const auto tokens = sequence_at(i, w.shape);
            const auto real = real_logits(w, tokens);
            const auto logits = float_logits(w, tokens, Order::forward);
            for (std::size_t x = 0; x < 2; ++x) {
                seen = std::max(
                    seen, static_cast<double>(std::fabs(static_cast<long double>(logits[x]) - real[x])));
            }
        }
        EXPECT_LE(seen, bound.logit) << stage;
        EXPECT_GT(seen, others) << stage << " " << bound.stages.dump();
    }
}

/// Values of 1 under weights of which the sum, and then the mixture, round by an ulp at every position.
TEST(Float32Error, TheStageOfTheMixtureIsNeeded) {
    Weights w;
    w.shape = {97, 2, 2, 1};
    w.W_E = {1, 0, 1, 0};
    w.W_pos.assign(2 * 97, 0);
    w.W_pos[1] = 16.6355f;  // the other positions weigh a little more than 2^-24
    w.W_Q = {1, 0};
    w.W_K = {0, 1};
    w.W_V = {1, 0};
    w.W_O = {1, 0};
    w.W_U = {1, 0, 0, 0};
    Model model(w);
    const Float32Error& bound = float32_error(model, {});
    double others = 0;
    for (const auto& [key, value] : bound.stages.items())
        others += key == "mixture" ? 0 : value.get<double>();
    const std::vector<std::uint32_t> tokens(97, 0);
    const auto seen = static_cast<double>(std::fabs(
        static_cast<long double>(float_logits(w, tokens, Order::forward)[0]) - real_logits(w, tokens)[0]));
    EXPECT_LE(seen, bound.logit);
    EXPECT_GT(seen, others) << bound.stages.dump();
}

/// An exp that errs by all it may, up at one position and down at the other.
TEST(Float32Error, TheStageOfExpIsNeeded) {
    Weights w;
    w.shape = {2, 2, 1, 1};
    w.W_E = {1, -1};
    w.W_pos.assign(2, 0);
    w.W_Q = w.W_K = {0};
    w.W_V = w.W_O = {1};
    w.W_U = {1, 0};
    Model model(w);
    constexpr unsigned ulp = 1000;
    const std::vector<std::uint32_t> tokens = {0, 1};
    const auto seen = static_cast<double>(
        std::fabs(static_cast<long double>(float_logits(w, tokens, Order::forward, true, ulp)[0]) -
                  real_logits(w, tokens)[0]));
    EXPECT_LE(seen, float32_error(model, {ulp}).logit);
    EXPECT_GT(seen, 0.9 * (float32_error(model, {ulp}).logit - float32_error(model, {0}).logit));
}

TEST(Float32Error, OverflowIsNotBounded) {
    Random random(4);
    Weights w = gaussian_model(random, {2, 3, 4, 4}, 1e30f);
    Model model(w);
    EXPECT_FALSE(float32_error(model, {}).bounded());
    const Json c = certified(model, exact_counts(), float32_options());
    EXPECT_EQ(c["status"], "skipped");
    EXPECT_EQ(c["correct"], "0");
    EXPECT_NO_THROW(verified(c, w, 1));
}

TEST(Float32Error, WeakerExpGivesALargerBound) {
    const Weights w = golden("max-of-4-golden");
    Model model(w);
    EXPECT_LT(float32_error(model, {0}).logit, float32_error(model, {4}).logit);
    EXPECT_LT(float32_error(model, {4}).logit, float32_error(model, {1000}).logit);
}

TEST(ShiftOfMean, BoundsRandomPerturbations) {
    Random random(5);
    std::uniform_real_distribution<double> unit(0, 1);
    double worst = 0;
    for (int n = 0; n < 20000; ++n) {
        std::vector<Attended> choices(1 + random() % 4);
        double mass = 0, moved = 0, mean = 0, after = 0;
        for (auto& c : choices) {
            c.low = c.high = 10 * unit(random) - 5;
            c.error = unit(random) * (n % 2 == 0 ? 0.01 : 2);
            const double p = std::exp(6 * unit(random) * unit(random)),
                         q = p * std::exp(unit(random) < 0.5 ? c.error : -c.error);
            mass += p, moved += q, mean += p * c.low, after += q * c.low;
        }
        const double shift = std::fabs(mean / mass - after / moved),
                     bound = shift_of_mean(RoundUpward(), choices, 0);
        ASSERT_LE(shift, bound * (1 + 1e-9) + 1e-12);
        if (bound > 0) worst = std::max(worst, shift / bound);
    }
    EXPECT_GT(worst, 0.9);  // nothing smaller would do
}

TEST(Float32Certificate, GoldenCountAndVerify) {
    const Weights w = golden("max-of-4-golden");
    Model model(w);
    const Json c = certified(model, exact_counts(), float32_options());
    EXPECT_GE(count_from_string(c["correct"]), 16774272 - 100);
    EXPECT_LT(count_from_string(c["correct"]), 16774272);
    EXPECT_TRUE(c["upper"].is_null());
    EXPECT_EQ(c["semantics"], "float32");
    EXPECT_NO_THROW(verified(c, w, 1));
}

TEST(Float32Certificate, TheMarginGrowsByTheErrorsOfBothLogits) {
    Random random(10);
    Model model(max_like_model(random, 3, 4));
    Options options = float32_options();
    options.margin = Margin("0.1");
    const auto proving = proving_margin(model, options.claim());
    ASSERT_TRUE(proving.has_value());
    const mpq_class both = 2 * mpq_class(float32_error(model, {options.exp_ulp}).logit);
    EXPECT_GE(proving->exact(), mpq_class(1, 10) + both);
    EXPECT_LE(proving->exact(), mpq_class(1, 10) + both * mpq_class(1000001, 1000000));
}

/// Every right float32 program, on every sequence: at least as many as certified have the right argmax.
TEST(Float32Certificate, NeverClaimsMoreThanFloat32Programs) {
    Random random(6);
    for (int n = 0; n < 30; ++n) {
        const Weights w = max_like_model(random, 1 + n % 4, 2 + static_cast<std::uint32_t>(n) % 4);
        Model model(w);
        const Json c = certified(model, exact_counts(), float32_options());
        const std::uint64_t total = power(w.shape.d_vocab, w.shape.n_ctx).get_ui();
        for (const Order order : kOrders) {
            Count right = 0;
            for (std::uint64_t i = 0; i < total; ++i) {
                const auto tokens = sequence_at(i, w.shape);
                const auto logits = float_logits(w, tokens, order);
                const auto m = *std::max_element(tokens.begin(), tokens.end());
                bool wins = true;
                for (std::size_t x = 0; x < logits.size(); ++x)
                    wins = wins && (x == m || logits[x] < logits[m]);
                right += wins ? 1 : 0;
            }
            EXPECT_LE(count_from_string(c["correct"]), right) << n;
        }
    }
}

TEST(Float32Certificate, TamperedClaimsAreRejected) {
    Random random(7);
    const Weights w = max_like_model(random, 3, 5);
    Model model(w);
    const Json good = certified(model, exact_counts(), float32_options());
    EXPECT_NO_THROW(verified(good, w, 1));
    const auto rejected = [&](auto&& change) {
        Json bad = good;
        change(bad);
        EXPECT_THROW(verified(bad, w, 1), Error) << bad.dump();  // where the type is wrong, InputError
    };
    const double error = good["float32"]["logit_error"];
    rejected([&](Json& c) { c["float32"]["logit_error"] = error * 0.999; });
    rejected([&](Json& c) { c["float32"]["logit_error"] = nullptr; });
    rejected([&](Json& c) { c["float32"]["logit_error"] = "small"; });
    rejected([&](Json& c) { c["float32"]["exp_ulp"] = 1000; });  // then the stated error is too small
    rejected([&](Json& c) { c["float32"]["exp_ulp"] = -1; });
    rejected([&](Json& c) { c["float32"].erase("exp_ulp"); });
    rejected([&](Json& c) { c["float32"] = nullptr; });
    rejected([&](Json& c) { c["semantics"] = "real"; });
    rejected([&](Json& c) { c["semantics"] = "float64"; });
    rejected([&](Json& c) { c.erase("semantics"); });
    rejected([&](Json& c) { c["upper"] = c["total"]; });
    rejected([&](Json& c) { c["margin"] = "1000"; });  // the count is of a smaller one
    rejected([&](Json& c) { c["margin"] = "-1"; });
    rejected([&](Json& c) { c["weight_radius"]["absolute"] = 10; });
    rejected([&](Json& c) { c["weight_radius"]["absolute"] = -1e-9; });
    rejected([&](Json& c) { c["weight_radius"]["relative"] = nullptr; });
    rejected([&](Json& c) { c["weights_format"] = "bf16"; });
    rejected([&](Json& c) { c["weights_format"] = "int8"; });
    rejected([&](Json& c) { c["rounded_sha256"] = c["weights_sha256"]; });
}

TEST(Float32Certificate, RealCountsAreNotFloat32Counts) {
    const Weights w = golden("max-of-4-golden");
    Model model(w);
    Json c = certified(model, exact_counts(), {});
    const Json float32 = certified(model, exact_counts(), float32_options());
    c["semantics"] = float32["semantics"], c["float32"] = float32["float32"];
    c["upper"] = nullptr, c["exact"] = false;
    EXPECT_THROW(verified(c, w, 1), CertificateRejected);
}

TEST(WeightRadius, Parses) {
    EXPECT_EQ(parse_weight_radius("0").rounded_up().absolute, 0);
    EXPECT_GE(parse_weight_radius("1e-6").rounded_up().absolute, 1e-6);
    EXPECT_EQ(parse_weight_radius("1e-6").rounded_up().relative, 0);
    EXPECT_GE(parse_weight_radius("1e-4r").rounded_up().relative, 1e-4);
    for (const char* bad : {"", "r", "-1", "nan", "1e-4q", "1e-4rr", "inf"}) {
        EXPECT_THROW(parse_weight_radius(bad), UsageError) << bad;
    }
}

/// What is certified for a box is right for models drawn from it, its corners included.
TEST(WeightRadius, CertifiesEveryModelOfTheBox) {
    Random random(8);
    std::uint64_t proved = 0;
    for (int n = 0; n < 12; ++n) {
        const Weights w = max_like_model(random, 3, 3);
        const char* text = n % 2 == 0 ? "1e-3" : "1e-2";
        const double radius = std::stod(text);
        Model model = model_of(w, parse_weight_radius(text));
        const Json c = certified(model, exact_counts(), {});
        const std::uint64_t correct = count_from_string(c["correct"]).get_ui();
        proved += correct;
        EXPECT_NO_THROW(verified(c, w, 1));
        for (int corner = 0; corner < 3; ++corner) {
            Weights moved = w;
            for (auto* m :
                 {&moved.W_E, &moved.W_pos, &moved.W_Q, &moved.W_K, &moved.W_V, &moved.W_O, &moved.W_U}) {
                for (float& v : *m) v += static_cast<float>((random() % 2 == 0 ? 0.999 : -0.999) * radius);
            }
            EXPECT_LE(correct, testing::run_exhaustively(moved).right);
        }
    }
    EXPECT_GT(proved, 0u);
}

TEST(WeightFormat, RoundsToNearestEven) {
    EXPECT_EQ(rounded_to(1.0f, WeightFormat::bf16), 1.0f);
    EXPECT_EQ(rounded_to(0x1.01p0f, WeightFormat::bf16), 0x1.00p0f);  // half way, down to even
    EXPECT_EQ(rounded_to(0x1.03p0f, WeightFormat::bf16), 0x1.04p0f);  // half way, up to even
    EXPECT_EQ(rounded_to(-0x1.0102p0f, WeightFormat::bf16), -0x1.02p0f);
    EXPECT_EQ(rounded_to(0x1.002p0f, WeightFormat::fp16), 0x1.000p0f);
    EXPECT_EQ(rounded_to(0x1.006p0f, WeightFormat::fp16), 0x1.008p0f);
    EXPECT_EQ(rounded_to(0x1p-25f, WeightFormat::fp16), 0.0f);  // half the smallest subnormal
    EXPECT_EQ(rounded_to(0x1.8p-24f, WeightFormat::fp16), 0x1p-23f);
    EXPECT_EQ(rounded_to(65519.0f, WeightFormat::fp16), 65504.0f);
    EXPECT_TRUE(std::isinf(rounded_to(65520.0f, WeightFormat::fp16)));
    EXPECT_TRUE(std::isinf(rounded_to(-3.4e38f, WeightFormat::bf16)));
    EXPECT_TRUE(std::signbit(rounded_to(-1e-30f, WeightFormat::fp16)));
    EXPECT_THROW(parse_weight_format("fp8"), UsageError);
}

TEST(WeightFormat, CertifiesTheRoundedModel) {
    Random random(9);
    Weights w = max_like_model(random, 3, 4);
    const Weights rounded = rounded_to(w, WeightFormat::bf16);
    Model model = model_of(w, {}, WeightFormat::bf16);
    const Json c = certified(model, exact_counts(), {});
    EXPECT_EQ(c["weights_sha256"], sha256_of(w));
    EXPECT_EQ(c["rounded_sha256"], sha256_of(rounded));
    EXPECT_EQ(count_from_string(c["correct"]), testing::run_exhaustively(rounded).right);
    EXPECT_NO_THROW(verified(c, w, 1));
    Json bad = c;
    bad["weights_format"] = "fp16";
    EXPECT_THROW(verified(bad, w, 1), CertificateRejected);
    w.W_E[0] = 1e6f;
    EXPECT_THROW(model_of(w, {}, WeightFormat::fp16), InputError);
}

TEST(ClaimedWeights, AreThoseThatAModelWasMadeFrom) {
    Random random(10);
    const Weights w = max_like_model(random, 3, 4);
    Model plain(w), rounded = model_of(w, WeightRadius("0", "1e-4"), WeightFormat::fp16);
    EXPECT_EQ(claimed_weights(plain).sha256, sha256_of(w));
    EXPECT_EQ(claimed_weights(rounded).sha256, sha256_of(w));
    EXPECT_EQ(claimed_weights(rounded).radius.relative_text(), "1e-4");
    EXPECT_EQ(rounded.weights().W_E, rounded_to(w, WeightFormat::fp16).W_E);
    Model box(w, Radius{1e-6, 0});  // whose claim would have to name a decimal number
    EXPECT_THROW(certified(box, exact_counts(), {}), std::logic_error);
}

}  // namespace
}  // namespace maxcert
