// What a certificate says is recomputed: forged fields are rejected or refused, whichever they are.
#include <gtest/gtest.h>

#include "certify/proof/claim.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "data/base/errors.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/golden.hpp"

namespace maxcert {
namespace {

const Weights& trap() {
    static const Weights weights = golden("mean-diff-trap");
    return weights;
}

Json certificate_of(const std::string& strategy, const Options& options = {}) {
    Model model(trap());
    return certified(model, *select_strategies(strategy).at(0), options);
}

enum class Verdict { accepted, rejected, refused };

Verdict verdict_on(const std::string& text) {
    try {
        verify_certificate(parse_record(text, "forged"), trap(), 1);
        return Verdict::accepted;
    } catch (const CertificateRejected&) {
        return Verdict::rejected;
    } catch (const InputError&) {
        return Verdict::refused;
    }
}

Verdict verdict_with(Json certificate, const char* key, const Json& value) {
    certificate[key] = value;
    return verdict_on(certificate.dump());
}

class EveryFamily : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryFamily, ClaimsThatAreForgedAreRejected) {
    const Json c = certificate_of(GetParam());
    ASSERT_EQ(verdict_on(c.dump()), Verdict::accepted);
    const std::uint64_t flops = c["proof_flops"].get<std::uint64_t>();
    EXPECT_EQ(verdict_with(c, "proof_flops", flops - 1), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "proof_flops", flops + 1), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "unexplained_dimension", 1u), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "family", "other"), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "group", "other"), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "in_paper", !c["in_paper"].get<bool>()), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "exact", !c["exact"].get<bool>()), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "semantics", "nonsense"), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "weights_format", "fp8"), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "rounded_sha256", c["weights_sha256"]), Verdict::rejected);
    EXPECT_EQ(verdict_with(c, "margin", "-7"), Verdict::rejected);
}

TEST_P(EveryFamily, WhatIsNoFieldOfACertificateIsRefused) {
    const Json c = certificate_of(GetParam());
    // These follow from the claim, or describe the run: as claims nobody could check them.
    for (const char* key : {"bound", "complete", "bits_used", "figures", "limits", "wall_s", "surprise"}) {
        EXPECT_EQ(verdict_with(c, key, 1), Verdict::refused) << key;
    }
    EXPECT_EQ(verdict_with(c, "status", "perhaps"), Verdict::refused);
    EXPECT_EQ(verdict_with(c, "max_bits", 12), Verdict::refused);
    for (const auto& item : c.items()) {
        Json without = c;
        without.erase(item.key());
        EXPECT_EQ(verdict_on(without.dump()), Verdict::refused) << item.key();
        EXPECT_EQ(verdict_with(c, item.key().c_str(), Json::array()), Verdict::refused) << item.key();
        // The last of two keys won once: a file that a person and a program read differently.
        const std::string twice = Json(item.key()).dump() + ":" + item.value().dump();
        EXPECT_EQ(verdict_on("{" + twice + "," + c.dump().substr(1)), Verdict::refused) << item.key();
    }
}

INSTANTIATE_TEST_SUITE_P(All, EveryFamily,
                         ::testing::Values("brute_force", "cubic", "multiset", "convolution", "window/2",
                                           "window/adaptive/svd", "max_diff_exact/convex/svd",
                                           "max_diff_exact/mean_query+diff/max_diff_subproduct"));

TEST(Certificate, OfASkippedProofClaimsNothing) {
    Options options;
    options.max_enumeration = 1;
    const Json c = certificate_of("brute_force", options);
    ASSERT_EQ(c["status"], "skipped");
    EXPECT_EQ(verdict_on(c.dump()), Verdict::accepted);
    for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{{"margin", "-7"},
                                                                              {"margin", "nonsense"},
                                                                              {"semantics", "nonsense"},
                                                                              {"correct", "1"},
                                                                              {"upper", "16"},
                                                                              {"exact", true},
                                                                              {"proof_flops", 0u},
                                                                              {"family", "cubic"}}) {
        EXPECT_EQ(verdict_with(c, key, value), Verdict::rejected) << key;
    }
    Json hints = c;
    hints["hints"]["x"] = 1;
    EXPECT_EQ(verdict_on(hints.dump()), Verdict::rejected);
    EXPECT_NE(statement(parse_record(c.dump(), "c")).find("nothing is claimed"), std::string::npos);
}

TEST(Certificate, OfEveryStrategyIsAccepted) {
    Model model(trap());
    for (const auto& strategy : all_strategies()) {
        const CertificateRecord r = parse_record(certified(model, *strategy).dump(), "c");
        EXPECT_NO_THROW(verify_certificate(r, model, 1)) << r.strategy;
    }
}

TEST(Certificate, StatementSaysTheWholeClaim) {
    Options options;
    options.margin = Margin("0.25");
    options.semantics = Semantics::float32;
    Model model = model_of(trap(), parse_weight_radius("1e-9r"), WeightFormat::bf16);
    const auto r = certify_one(model, *select_strategies("cubic").front(), options);
    const std::string text = statement(r);
    for (const char* part : {"float32 program", "4 units in the last place", "rounded to bf16",
                             "1e-9 times their size", "by more than 0.25", "of the 16 input"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
    }
    EXPECT_NE(text.find(r.weights_sha256), std::string::npos);
}

TEST(Certificate, RadiiAreExactDecimals) {
    Model tiny = model_of(trap(), parse_weight_radius("2e-324"));
    EXPECT_FALSE(tiny.radius().is_zero());
    const Json c = certified(tiny, *select_strategies("cubic").front());
    EXPECT_EQ(c["weight_radius"]["absolute"], "2e-324");
    EXPECT_EQ(verdict_on(c.dump()), Verdict::accepted);
    EXPECT_EQ(verdict_with(c, "weight_radius", {{"absolute", 0.0}, {"relative", 0.0}}), Verdict::refused);
    EXPECT_EQ(verdict_with(c, "weight_radius", {{"absolute", "nan"}, {"relative", "0"}}), Verdict::rejected);
}

TEST(Record, IsReadWithAndWithoutItsHints) {
    const Json c = certificate_of("max_diff_exact/convex/svd");
    const CertificateRecord whole = parse_record(c.dump(), "c");
    EXPECT_EQ(to_json(whole), c);
    CertificateRecord without = parse_record_without_hints(c.dump(), "c");
    EXPECT_TRUE(without.hints.empty());
    without.hints = whole.hints;
    EXPECT_EQ(to_json(without), c);
    // Wherever the hints stand, and however it is written.
    EXPECT_EQ(parse_record_without_hints(c.dump(1), "c").correct, whole.correct);
    Json figures = c;
    figures["run"]["hints"] = {{"a", 1}};
    EXPECT_EQ(parse_record_without_hints(figures.dump(), "c").run["hints"]["a"], 1);
}

}  // namespace
}  // namespace maxcert
