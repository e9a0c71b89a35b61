// Certificates of the cubic and subcubic strategies: accepted as written, rejected once tampered with.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "certify/strategies/subcubic/hint_writer.hpp"
#include "certify/strategies/subcubic/hints.hpp"
#include "data/base/count_conversions.hpp"
#include "data/base/errors.hpp"
#include "tests/support/certified.hpp"
#include "tests/support/golden.hpp"

namespace maxcert::testing {
namespace {

Json certificate_of(const std::string& strategy, const Options& options = {}) {
    Model model(golden("max-of-4-golden"));
    return certified(model, *select_strategies(strategy).at(0), options);
}

/// Through text, as `maxcert verify` reads it.
CheckResult verify(const Json& certificate, const Weights& weights = golden("max-of-4-golden")) {
    return verified(certificate, weights, 1);
}

Json with(Json certificate, const char* key, const Json& value) {
    certificate[key] = value;
    return certificate;
}

Json with_hint(Json certificate, const char* key, const Json& value) {
    certificate["hints"][key] = value;
    return certificate;
}

std::string plus_one(const Json& count) {
    return Count(count_from_string(count.get<std::string>()) + 1).get_str();
}

constexpr const char* kStrategies[] = {
    "cubic",
    "max_diff_exact/convex/exact_EQKE+max_diff_exact",
    "mean_query+max_diff/mean_query+diff/svd",
    "svd_query+max_diff/drop_average_query_per_output_logit_reasoning/mean+max_diff_subproduct",
    "global_max_diff_exact/convex/mean_recursive+max_diff_subproduct_recursive",
    "max_diff_centred/mean_query+diff/max_diff_exact"};

class PaperCertificate : public ::testing::TestWithParam<const char*> {};

TEST_P(PaperCertificate, IsAcceptedAsWrittenAndWhenItClaimsLess) {
    const Json c = certificate_of(GetParam());
    EXPECT_EQ(verify(c).correct.get_str(), c["correct"].get<std::string>());
    EXPECT_EQ(verify(with(c, "correct", "1")).correct.get_str(), c["correct"].get<std::string>());
    EXPECT_EQ(verify(with(c, "arithmetic", "mpfr")).correct.get_str(), c["correct"].get<std::string>());
}

TEST_P(PaperCertificate, IsRejectedOnceTamperedWith) {
    const Json c = certificate_of(GetParam());
    EXPECT_THROW(verify(with(c, "correct", plus_one(c["correct"]))), CertificateRejected);
    EXPECT_THROW(verify(with(c, "total", plus_one(c["total"]))), CertificateRejected);
    EXPECT_THROW(verify(with(c, "strategy", "max_diff/convex/svd2")), CertificateRejected);
    EXPECT_THROW(verify(with(c, "strategy", "max_diff/convex/svd")), CertificateRejected);
    EXPECT_THROW(verify(with(c, "margin", "5")), CertificateRejected);
    EXPECT_THROW(verify(with(c, "exact", true)), CertificateRejected);
    EXPECT_THROW(verify(with(c, "upper", c["total"])), CertificateRejected);
    EXPECT_THROW(verify(with_hint(c, "surprise", 1)), CertificateRejected);
    const std::string text = c.dump();
    for (const std::size_t length : {std::size_t{0}, text.size() / 2, text.size() - 1}) {
        EXPECT_THROW(parse_record(text.substr(0, length), "test"), InputError);
    }
    const Weights other = golden("max-of-5-golden");
    EXPECT_THROW(verify(c, other), CertificateRejected);
    Weights flipped = golden("max-of-4-golden");
    flipped.W_U[7] = std::nextafter(flipped.W_U[7], 2.0F);  // the lowest bit
    EXPECT_THROW(verify(c, flipped), CertificateRejected);
}

INSTANTIATE_TEST_SUITE_P(, PaperCertificate, ::testing::ValuesIn(kStrategies),
                         [](const auto& info) { return "S" + std::to_string(info.index); });

/// The gaps of a certificate as numbers, changed, and back.
template <class Change>
Json with_gaps(Json c, const SubcubicOptions& options, Change&& change) {
    SubcubicHints hints = hints_from_json(c["hints"], options, golden("max-of-4-golden").shape);
    change(hints.gaps);
    c["hints"] = hints_to_json(hints, options);
    return c;
}

TEST(SubcubicCertificate, EveryLoweredGapLosesItsCell) {
    constexpr SubcubicOptions options{Direct::exact, AttentionBound::convex, QkError::svd};
    const Json c = certificate_of(strategy_name(options));
    for (const std::size_t nth : {0U, 100U, 1000U}) {
        const Json lowered = with_gaps(c, options, [nth](std::vector<std::uint32_t>& gaps) {
            std::size_t seen = 0;
            for (std::uint32_t& gap : gaps) {
                if (gap > 1 && seen++ == nth) return --gap, void();
            }
            FAIL() << "no such gap";
        });
        EXPECT_THROW(verify(lowered), CertificateRejected);
    }
    const Json dropped = with_gaps(c, options, [](std::vector<std::uint32_t>& gaps) {
        for (std::uint32_t& gap : gaps) {
            if (gap == 1) return gap = 0, void();
        }
    });
    EXPECT_THROW(verify(dropped), CertificateRejected);
}

TEST(SubcubicCertificate, MalformedHintsAreRejected) {
    const Json c = certificate_of("mean_query+max_diff/mean_query+diff/svd");
    const auto rejected = [&c](const char* key, const Json& value) {
        EXPECT_THROW(verify(with_hint(c, key, value)), CertificateRejected)
            << key << " = " << value.dump().substr(0, 60);
    };
    const std::string gaps = c["hints"]["gaps"].get<std::string>();
    const std::vector<std::string> malformed = {std::string(),
                                                gaps + ",1",
                                                gaps + ",",
                                                "," + gaps,
                                                "1x7000",
                                                "1x99999999999",
                                                "-1" + gaps,
                                                "1x" + gaps,
                                                "0x0," + gaps,
                                                " " + gaps,
                                                "1e3," + gaps,
                                                "65" + gaps,
                                                std::string("64x6432"),
                                                std::string("1x6432x1")};
    for (const std::string& bad : malformed) {
        rejected("gaps", bad);
    }
    rejected("gaps", Json::array({1, 2, 3}));
    rejected("gaps", nullptr);
    rejected("mean_attention", "16777217x192");
    Json u = c["hints"]["u"];
    u[3] = std::numeric_limits<double>::quiet_NaN();  // written as null
    rejected("u", u);
    u[3] = "0.5";
    rejected("u", u);
    u.erase(3);
    rejected("u", u);
    rejected("residual_norm", nullptr);
    rejected("query_direction", Json::object());
    Json missing = c;
    missing["hints"].erase("v");
    EXPECT_THROW(verify(missing), CertificateRejected);
    EXPECT_THROW(verify(with(c, "hints", Json::object())), CertificateRejected);
    std::string infinite = c.dump();
    const std::size_t at = infinite.find("\"residual_norm\":") + 16;
    infinite.replace(at, infinite.find_first_of(",}", at) - at, "1e999");
    EXPECT_THROW(verify_certificate(parse_record(infinite, "test"), golden("max-of-4-golden"), 1), Error);
}

TEST(SubcubicCertificate, WorthlessDirectionsProveLessAndNothingFalse) {
    const Json c = certificate_of("max_diff_exact/convex/max_diff");
    for (const double value : {0.0, 1.0, -1e300, 1e-300}) {
        const Json worse = with_hint(c, "u", std::vector<double>(64, value));
        EXPECT_THROW(verify(worse), CertificateRejected) << value;
        // With other hints the proof has another length.
        EXPECT_LE(verify(with(with(worse, "correct", "0"), "proof_flops", nullptr)).correct,
                  count_from_string(c["correct"].get<std::string>()));
    }
}

TEST(SubcubicCertificate, HintsSurviveText) {
    constexpr SubcubicOptions options{Direct::mean_query, AttentionBound::mean_query,
                                      QkError::mean_subproduct};
    const Json c = certificate_of(strategy_name(options));
    const Json again = Json::parse(c["hints"].dump());
    const SubcubicHints a = hints_from_json(c["hints"], options, golden("max-of-4-golden").shape);
    const SubcubicHints b = hints_from_json(again, options, golden("max-of-4-golden").shape);
    EXPECT_EQ(key_of(a.score), key_of(b.score));
    EXPECT_EQ(a.gaps, b.gaps);
    EXPECT_EQ(a.mean_attention, b.mean_attention);
    EXPECT_EQ(a.query_direction, b.query_direction);
    EXPECT_LT(c.dump().size(), 30000U);
}

TEST(SubcubicCertificate, FiguresAreThere) {
    const Json c = certificate_of("max_diff_exact/convex/svd");
    for (const char* name :
         {"err_max", "sigma_ratio", "cells", "escalated", "mpfr_operations", "dropped_by_gaps"}) {
        EXPECT_TRUE(c["run"]["figures"].contains(name)) << name;
    }
    EXPECT_GT(c["proof_flops"].get<std::uint64_t>(), 1000000U);
    EXPECT_LT(c["proof_flops"].get<std::uint64_t>(), 5000000U);
    EXPECT_EQ(c["unexplained_dimension"].get<std::uint64_t>(), 64U * 64 + 64 + 2 * 64 + 2 * 64);
    EXPECT_EQ(certificate_of("cubic")["unexplained_dimension"].get<std::uint64_t>(),
              3U * 64 * 64 + 2 * 4 * 64);
    // The figures do not depend on what was proved before, nor on the arithmetic of an earlier proof.
    Model model(golden("max-of-4-golden"));
    for (const Prover* s : select_strategies("*/convex/svd")) certified(model, *s, {});
    const Json later = certified(model, *select_strategies("max_diff_exact/convex/svd").at(0), {});
    EXPECT_EQ(later["run"]["figures"], c["run"]["figures"]);
    EXPECT_EQ(later["proof_flops"], c["proof_flops"]);
}

TEST(SubcubicCertificate, DegenerateShapes) {
    for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{3, 1, 2, 2}, Shape{1, 4, 3, 2}, Shape{2, 2, 1, 1}}) {
        Weights w{shape, {}, {}, {}, {}, {}, {}, {}};
        float next = 0.25F;
        const auto fill = [&next](std::vector<float>& values, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i)
                values.push_back(next =
                                     next * 3.7F - static_cast<float>(static_cast<int>(next * 3.7F)) + 0.01F);
        };
        fill(w.W_E, std::size_t{shape.d_vocab} * shape.d_model);
        fill(w.W_pos, std::size_t{shape.n_ctx} * shape.d_model);
        for (auto* m : {&w.W_Q, &w.W_K, &w.W_V, &w.W_O}) fill(*m, std::size_t{shape.d_model} * shape.d_head);
        fill(w.W_U, std::size_t{shape.d_model} * shape.d_vocab);
        Model model(w);
        for (const Prover* s : select_strategies("cubic,*/mean_query+diff/*,*/drop_average*/*,*/convex/*")) {
            const Json c = certified(model, *s, {});
            EXPECT_EQ(verify(c, w).correct.get_str(), c["correct"].get<std::string>()) << s->info().name;
            if (shape.d_vocab == 1) {
                EXPECT_EQ(c["correct"], "1");
            }
        }
    }
}

}  // namespace
}  // namespace maxcert::testing
