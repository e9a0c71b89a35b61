#include "certify/study/study.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "certify/study/double_paths.hpp"
#include "certify/study/loss.hpp"
#include "certify/study/path_statistics.hpp"
#include "certify/study/qk_noise.hpp"
#include "certify/study/robustness.hpp"
#include "data/base/count_conversions.hpp"
#include "data/base/counts.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/random_models.hpp"

namespace maxcert {
namespace {

// Three tokens in sequences of two: small enough to work out by hand.
DoublePaths tiny() {
    DoublePaths p;
    p.EU = DoubleMatrix::Zero(3, 3);
    p.EVOU = 10 * DoubleMatrix::Identity(3, 3);
    p.PVOU = DoubleMatrix::Zero(2, 3);
    p.EQKE = DoubleMatrix::Zero(3, 3);
    for (int q = 0; q < 3; ++q) p.EQKE.row(q) << 0, 1, 2;
    p.EQKP = DoubleMatrix::Zero(3, 2);
    return p;
}

TEST(Study, singular_values_of_the_golden_model) {
    const Json spectrum = qk_spectrum(golden("max-of-4-golden"));
    EXPECT_NEAR(spectrum["qk_singular_values"][0].get<double>(), 1322.182338, 1e-4);
    EXPECT_NEAR(spectrum["qk_singular_values"][1].get<double>(), 1.961009, 1e-5);
    EXPECT_NEAR(spectrum["qk_sigma_ratio"].get<double>(), 674.23569, 1e-2);
    EXPECT_EQ(spectrum["qk_singular_values"].size(), 32u);
}

TEST(Study, every_way_of_bounding_noise_is_at_least_the_true_range) {
    const Json noise = qk_noise(golden("max-of-4-golden"));
    for (const char* residual : {"residual", "residual_of_factors"}) {
        const double truth = noise[residual]["true_range"];
        EXPECT_GT(truth, 0);
        EXPECT_EQ(noise[residual]["methods"].size(), 16u);
        for (const auto& [method, found] : noise[residual]["methods"].items()) {
            EXPECT_GE(found["bound"].get<double>(), truth * (1 - 1e-12)) << residual << " " << method;
        }
    }
    // sqrt(2) sigma_1 of the multiplied-out residual is the paper's svd bound of this model.
    EXPECT_NEAR(noise["residual"]["methods"]["sqrt2_sigma1_of_product"]["bound"].get<double>(), 15.688073,
                1e-3);
}

TEST(Study, loss_over_all_sequences_by_hand) {
    // Logits of (a, b): 10/Z times exp(score) at each token, Z their sum; the same token twice gives 10.
    double loss = 0;
    for (int a = 0; a < 3; ++a) {
        for (int b = 0; b < 3; ++b) {
            const double z = std::exp(a) + std::exp(b);
            double logit[3] = {};
            logit[a] += 10 * std::exp(a) / z;
            logit[b] += 10 * std::exp(b) / z;
            double total = 0;
            for (const double l : logit) total += std::exp(l - logit[std::max(a, b)]);
            loss += std::log(total) / 9;
        }
    }
    const AblatedLosses all = exhaustive_losses(tiny());
    const LossAndAccuracy& found = all[0];
    EXPECT_EQ(found.sequences, 9u);
    EXPECT_NEAR(found.loss, loss, 1e-6);
    EXPECT_EQ(found.accuracy, 1);
    const AblatedLosses sampled = sampled_losses(tiny(), {0, 100000}, 7);
    for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
        EXPECT_EQ(sampled[zeroed].sequences, 100000u);
        EXPECT_NEAR(sampled[zeroed].loss, all[zeroed].loss, 0.02) << zeroed;
        EXPECT_NEAR(sampled[zeroed].accuracy, all[zeroed].accuracy, 0.01) << zeroed;
    }
}

TEST(Study, a_sample_ends_once_its_losses_are_known) {
    const AblatedLosses all = exhaustive_losses(tiny());
    const AblatedLosses coarse = sampled_losses(tiny(), {0.02, 1000000}, 7);
    const AblatedLosses fine = sampled_losses(tiny(), {0.002, 1000000}, 7);
    for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
        EXPECT_EQ(all[zeroed].loss_error, 0);
        EXPECT_LE(coarse[zeroed].loss_error, 0.02 * coarse[zeroed].loss) << zeroed;
        EXPECT_LE(fine[zeroed].loss_error, 0.002 * fine[zeroed].loss) << zeroed;
        EXPECT_NEAR(fine[zeroed].loss, all[zeroed].loss, 5 * fine[zeroed].loss_error + 1e-8) << zeroed;
    }
    EXPECT_LT(coarse[0].sequences, fine[0].sequences);
    EXPECT_LT(fine[0].sequences, 1000000u);
    EXPECT_GT(fine[0].loss_error, 0);
}

TEST(Study, ties_and_zeroed_paths_are_wrong) {
    // Without EVOU every logit is equal: nothing wins strictly.
    EXPECT_EQ(exhaustive_losses(tiny())[kEVOU].accuracy, 0);
    EXPECT_NEAR(exhaustive_losses(tiny())[kEVOU].loss, std::log(3.0), 1e-6);
    // Without EQKE two different tokens tie: only the three constant sequences are right.
    EXPECT_NEAR(exhaustive_losses(tiny())[kEQKE].accuracy, 3.0 / 9, 1e-12);
}

TEST(Study, every_ablation_has_the_loss_of_the_zeroed_paths) {
    // Paths of five tokens, in sequences of three; a plain softmax of each zeroed model is the reference.
    DoublePaths p;
    std::srand(1);
    for (auto* m : {&p.EU, &p.EVOU, &p.EQKE}) *m = 3 * DoubleMatrix::Random(5, 5);
    p.PVOU = DoubleMatrix::Random(3, 5), p.EQKP = DoubleMatrix::Random(5, 3);
    const AblatedLosses found = exhaustive_losses(p);
    for (unsigned zeroed = 0; zeroed <= kAllPaths; ++zeroed) {
        const DoublePaths z = ablated(p, zeroed);
        double loss = 0, right = 0;
        for (int s = 0; s < 125; ++s) {
            const int t[] = {s / 25, s / 5 % 5, s % 5};
            const int m = *std::max_element(t, t + 3);
            Eigen::RowVector3d a;
            for (int i = 0; i < 3; ++i) a(i) = std::exp(z.EQKE(t[2], t[i]) + z.EQKP(t[2], i));
            Eigen::RowVectorXd logit = z.EU.row(t[2]);
            for (int i = 0; i < 3; ++i) logit += a(i) / a.sum() * (z.EVOU.row(t[i]) + z.PVOU.row(i));
            loss += std::log((logit.array() - logit(m)).exp().sum()) / 125;
            right += (logit.array() >= logit(m)).count() == 1 ? 1 : 0;
        }
        EXPECT_NEAR(found[zeroed].loss, loss, 1e-6) << zeroed;
        EXPECT_NEAR(found[zeroed].accuracy * 125, right, 1e-6) << zeroed;
        EXPECT_EQ(found[zeroed].sequences, 125u);
    }
}

TEST(Study, losses_of_huge_logits_stay_finite) {
    DoublePaths p = tiny();
    p.EVOU *= -1e5;
    p.EU(0, 1) = 1e4;
    for (const LossAndAccuracy& found : exhaustive_losses(p)) {
        EXPECT_TRUE(std::isfinite(found.loss));
        EXPECT_GE(found.loss, 0);
    }
}

TEST(Study, copying_and_attention_of_the_tiny_model) {
    DoublePaths p = tiny();
    EXPECT_EQ(evou_statistics(p)["diagonal_is_row_maximum"], 1.0);
    EXPECT_EQ(evou_statistics(p)["copying_margin"]["smallest"], 10.0);
    EXPECT_EQ(attention_statistics(p)["larger_token_scores_higher"], 1.0);
    EXPECT_EQ(attention_statistics(p)["mean_gain_per_step"], 1.0);
    p.EVOU(0, 1) = 13;
    EXPECT_NEAR(evou_statistics(p)["diagonal_is_row_maximum"].get<double>(), 2.0 / 3, 1e-12);
    EXPECT_EQ(evou_statistics(p)["copying_margin"]["smallest"], -3.0);
    p.EQKE.col(2).setConstant(0.5);  // above 0, below 1
    EXPECT_NEAR(attention_statistics(p)["larger_token_scores_higher"].get<double>(), 2.0 / 3, 1e-12);
    EXPECT_EQ(attention_statistics(p)["next_token_scores_higher"], 0.5);
}

TEST(Study, the_golden_model) {
    Model model(golden("max-of-4-golden"));
    StudyOptions options;
    options.loss.most = 20000;
    options.most_sequences = 0;  // counting over all is tested with the ablations
    const Json study = study_model(model, options);
    EXPECT_NEAR(study["loss"]["accuracy"].get<double>(), 16774272.0 / 16777216, 1e-3);
    EXPECT_EQ(study["ablations"].size(), 32u);
    EXPECT_GT(study["ablations"]["none"]["accuracy"].get<double>(), 0.99);
    EXPECT_LT(study["ablations"]["EVOU"]["accuracy"].get<double>(), 0.2);
    EXPECT_EQ(study, study_model(model, options));  // the same every time
}

/// By the value of one key: what brute force counts.
std::vector<Count> exact_counts(const Json& rows) {
    std::vector<Count> counts;
    for (const Json& row : rows) {
        if (row["strategy"] == "brute_force") counts.push_back(count_from_string(row["correct"]));
    }
    return counts;
}

TEST(Study, wider_claims_of_a_small_model) {
    testing::Random random(1);
    const Weights w = testing::max_like_model(random, 3, 5);
    Model model(w);
    const auto margins = exact_counts(bounds_by_margin(model));
    const auto radii = exact_counts(bounds_by_radius(w, 1000));
    EXPECT_EQ(margins.size(), 11u);
    EXPECT_EQ(radii.size(), 9u);
    EXPECT_EQ(margins.front(), radii.front());
    for (const auto* counts : {&margins, &radii}) {
        EXPECT_TRUE(std::is_sorted(counts->rbegin(), counts->rend()));
    }
    EXPECT_TRUE(exact_counts(bounds_by_radius(w, 100)).empty());  // 125 sequences are too many then
    const Json deployed = bounds_when_deployed(w, 1000);
    EXPECT_EQ(deployed.size(), 12u);
    const auto counts = exact_counts(deployed);
    for (std::size_t i = 0; i < counts.size(); i += 2) EXPECT_LE(counts[i + 1], counts[i]);  // float32, real
    EXPECT_TRUE(deployed[0]["logit_error"].is_null());
    EXPECT_GT(deployed[2]["logit_error"].get<double>(), 0);
}

}  // namespace
}  // namespace maxcert
