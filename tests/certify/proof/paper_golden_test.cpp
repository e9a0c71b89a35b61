// The paper's strategies on trained models, against counts found by an independent prototype.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "certify/proof/prover.hpp"
#include "data/base/count_conversions.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert::testing {
namespace {

const char* const kSubcubic = "*/mean_query+diff/*,*/drop_average*/*,*/convex/*";

// All in MPFR under a sanitizer takes minutes: one strategy of every kind there.
#if defined(__SANITIZE_ADDRESS__)
const char* const kInMpfr =
    "max_diff_exact/convex/*,*/mean_query+diff/svd,*/drop_average*/max_diff_subproduct";
#else
const char* const kInMpfr = "cubic,*/mean_query+diff/*,*/drop_average*/*,*/convex/*";
#endif

struct Golden {
    Weights weights;
    Json expected;
};

Golden load_golden(const std::string& name) {
    const std::string base = std::string(MAXCERT_GOLDEN) + "/" + name;
    std::ifstream json(base + ".json");
    return {load_safetensors(base + ".safetensors"), Json::parse(json)};
}

Count count_of(const Json& json) {
    return json.is_string() ? count_from_string(json.get<std::string>()) : count_from_string(json.dump());
}

class PaperGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(PaperGolden, CubicIsExactlyThePublishedCount) {
    const Golden golden = load_golden(GetParam());
    Model model(golden.weights);
    const Prover* cubic = select_strategies("cubic").at(0);
    EXPECT_EQ(cubic->prove(model, SearchOptions()).result.correct,
              count_of(golden.expected["cubic_correct"]));
}

TEST_P(PaperGolden, SubcubicCountsAreNotBelowTheReference) {
    const Golden golden = load_golden(GetParam());
    Model model(golden.weights);
    const Count exact = count_of(golden.expected["exact_correct"]);
    const Count total = count_of(golden.expected["total_sequences"]);
    const Json& reference = golden.expected["subcubic"];
    std::size_t compared = 0;
    for (const Prover* strategy : select_strategies(kSubcubic)) {
        const std::string& name = strategy->info().name;
        const CheckResult result = strategy->prove(model, SearchOptions()).result;
        EXPECT_LE(result.correct, exact) << name;
        if (!reference.contains(name)) {
            EXPECT_EQ(name.rfind("max_diff_centred/", 0), 0U) << name;
            continue;
        }
        ++compared;
        const Count count = count_of(reference[name]["correct"]);
        const bool averages = name.find("/mean_query+diff/") != std::string::npos;
        if (count * 10000 >= total) {
            EXPECT_GE(result.correct * 1000, count * (averages ? 995 : 999)) << name;
        }
        // Rounded outward: never below the reference by more than its own digits, nor above by 5e-5.
        const double err = result.figures["err_max"].get<double>();
        const double err_reference = reference[name]["err_max"].get<double>();
        EXPECT_GE(err, err_reference - 1e-6) << name;
        EXPECT_LE(err, err_reference * (1 + 5e-5) + 1e-6) << name;
    }
    EXPECT_EQ(compared, reference.size());
    EXPECT_EQ(compared, 150U);
}

TEST_P(PaperGolden, CentringImprovesEveryExactDirectBound) {
    const Golden golden = load_golden(GetParam());
    Model model(golden.weights);
    for (const Prover* strategy : select_strategies("max_diff_centred/convex/*,max_diff_centred/drop_*")) {
        std::string plain = strategy->info().name;
        plain.replace(0, std::string("max_diff_centred").size(), "max_diff_exact");
        const Prover* other = select_strategies(plain).at(0);
        EXPECT_GT(strategy->prove(model, SearchOptions()).result.correct,
                  other->prove(model, SearchOptions()).result.correct)
            << plain;
    }
}

TEST_P(PaperGolden, MpfrCountsTheSame) {
    const Golden golden = load_golden(GetParam());
    Model model(golden.weights);
    SearchOptions mpfr;
    mpfr.arithmetic = Arithmetic::mpfr;
    for (const Prover* strategy : select_strategies(kInMpfr)) {
        const Proof proof = strategy->prove(model, SearchOptions());
        const CheckResult reference = strategy->checker().check(model, proof.hints, mpfr);
        EXPECT_EQ(proof.result.correct, reference.correct) << strategy->info().name;
        EXPECT_GE(reference.bits_used, 128) << strategy->info().name;
        EXPECT_GT(reference.figures["mpfr_operations"].get<std::uint64_t>(), 0U);
        if (!reference.figures.contains("err_max")) continue;
        EXPECT_LE(std::fabs(reference.figures["err_max"].get<double>() -
                            proof.result.figures["err_max"].get<double>()),
                  1e-6);
    }
}

TEST_P(PaperGolden, QkMatrixIsNearlyRankOne) {
    const Golden golden = load_golden(GetParam());
    Model model(golden.weights);
    const Proof proof = select_strategies("max_diff_exact/convex/svd").at(0)->prove(model, SearchOptions());
    const double expected = golden.expected["qk_sigma_ratio"].get<double>();
    EXPECT_NEAR(proof.result.figures["sigma_ratio"].get<double>(), expected, 1e-4 * expected);
}

INSTANTIATE_TEST_SUITE_P(, PaperGolden, ::testing::Values("max-of-4-golden", "max-of-5-golden"),
                         [](const auto& info) {
                             return std::string(info.param).substr(4, 4) == "of-4" ? "K4" : "K5";
                         });

TEST(PaperStrategies, AreTheOnesInTheTable) {
    EXPECT_EQ(select_strategies(kSubcubic).size(), 180U);
    std::size_t in_paper = 0;
    for (const Prover* strategy : select_strategies(std::string("cubic,") + kSubcubic))
        in_paper += strategy->info().in_paper;
    EXPECT_EQ(in_paper, 101U);
}

}  // namespace
}  // namespace maxcert::testing
