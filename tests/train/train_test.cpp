// The training room through its front door, as the program uses it.
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/serialize.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>

#include "data/base/errors.hpp"
#include "data/experiment/sampler.hpp"
#include "data/files/files.hpp"
#include "data/files/read_file.hpp"
#include "data/weights/identity.hpp"
#include "tests/support/golden.hpp"
#include "train/module.hpp"

namespace maxcert {
namespace {

Config short_config(const Shape& shape, std::uint32_t steps) {
    Config config;
    config.shape = shape;
    config.train.steps = steps;
    config.train.batch = 32;
    return config;
}

std::map<std::uint64_t, TrainedModel> trained(const Config& config, const std::vector<std::uint64_t>& seeds,
                                              unsigned threads) {
    std::map<std::uint64_t, TrainedModel> models;
    TrainOptions options;
    options.threads = threads;
    train_module().train(config, seeds, options, [&](TrainedModel&& model) {
        const auto seed = model.seed;
        EXPECT_TRUE(models.emplace(seed, std::move(model)).second) << "seed " << seed << " came twice";
    });
    return models;
}

TEST(Train, SeedHasTheSameBitsAloneInCompanyAndOnAnyThreads) {
    // Odd sizes too: tails of vectors must not depend on the company either.
    for (const Shape& shape : {Shape{4, 64, 32, 32}, Shape{3, 13, 10, 6}, Shape{1, 5, 3, 7}}) {
        const Config config = short_config(shape, 60);
        const std::vector<std::uint64_t> seeds = {123, 50, 7, 8, 9, 10, 11};
        std::map<std::uint64_t, std::string> alone;
        for (const auto seed : seeds) alone[seed] = sha256_of(trained(config, {seed}, 1).at(seed).weights);
        EXPECT_NE(alone[123], alone[50]);
        for (const unsigned threads : {1u, 2u, 3u}) {
            const auto models = trained(config, seeds, threads);
            ASSERT_EQ(models.size(), seeds.size());
            for (const auto& [seed, model] : models) {
                EXPECT_EQ(sha256_of(model.weights), alone[seed])
                    << "seed " << seed << ", threads " << threads;
                EXPECT_EQ(model.weights.shape, shape);
            }
        }
    }
}

TEST(Train, LearnsTheTaskOnTheSmokeConfig) {
    const Config config = load_config(MAXCERT_SOURCE "/configs/smoke.cfg");
    for (const auto& [seed, model] : trained(config, config.seeds, 2)) {
        EXPECT_GT(model.sampled_accuracy, 0.95) << "seed " << seed;
        EXPECT_LT(model.final_loss, 0.2) << "seed " << seed;
        const auto& loss = model.curve["loss"];
        ASSERT_EQ(loss.size(), model.curve["step"].size());
        EXPECT_EQ(model.curve["step"].back(), config.train.steps);
        EXPECT_NEAR(loss.front().get<double>(), std::log(config.shape.d_vocab), 1.0);
        EXPECT_LT(loss.back().get<double>(), 0.1 * loss.front().get<double>());
    }
}

TEST(Train, UntrainedModelGuessesAndStopLeavesSeedsUndelivered) {
    Config config = short_config({4, 64, 32, 32}, 1);
    EXPECT_LT(trained(config, {123}, 1).at(123).sampled_accuracy, 0.2);
    TrainOptions options;
    std::atomic<int> asked{0};
    options.should_stop = [&] { return ++asked > 3; };
    config.train.steps = 1000;
    train_module().train(config, {1, 2}, options,
                         [](TrainedModel&&) { ADD_FAILURE() << "delivered after a stop"; });
}

TEST(Train, ReportsProgressUpToTheEnd) {
    double last = 0;
    TrainOptions options;
    options.on_progress = [&](double share, const std::string& note) {
        EXPECT_GT(share, last);
        EXPECT_NE(note.find("loss"), std::string::npos);
        last = share;
    };
    train_module().train(short_config({2, 8, 8, 8}, 200), {1, 2}, options, [](TrainedModel&&) {});
    EXPECT_EQ(last, 1.0);
}

TEST(Train, UnknownDevicesAreUsageErrors) {
    TrainOptions options;
    for (const char* device : {"tpu", ""}) {
        options.device = device;
        EXPECT_THROW(train_module().train(short_config({2, 8, 8, 8}, 1), {1}, options, [](TrainedModel&&) {}),
                     UsageError);
    }
}

TEST(Train, EnvironmentNamesWhatDecidesTheBits) {
    const Json environment = train_module().environment();
    for (const char* key : {"libtorch", "blas", "cpu_capability", "compiler", "settings"}) {
        EXPECT_TRUE(environment.contains(key)) << key;
    }
    EXPECT_TRUE(environment["settings"].contains("OPENBLAS_CORETYPE"));
}

TEST(LoadTorch, PlainDictIsTheSafetensorsFile) {
    EXPECT_EQ(sha256_of(train_module().load_torch(MAXCERT_GOLDEN "/max-of-4-golden-dict.pt")),
              sha256_of(golden("max-of-4-golden")));
}

TEST(LoadTorch, PartsOfOtherModelsAreRefusedByName) {
    const std::string bytes = read_file(MAXCERT_GOLDEN "/max-of-4-golden-dict.pt", 1 << 20);
    const std::string path =
        (std::filesystem::temp_directory_path() / ("other-model-" + std::to_string(::getpid()) + ".pt"))
            .string();
    const auto refusal = [&](const std::string& name, const at::Tensor& tensor) -> std::string {
        c10::impl::GenericDict dict = torch::pickle_load({bytes.begin(), bytes.end()}).toGenericDict();
        dict.insert_or_assign(name, tensor);
        const std::vector<char> saved = torch::pickle_save(dict);
        write_file_atomically(path, {saved.begin(), saved.end()});
        try {
            train_module().load_torch(path);
        } catch (const InputError& e) {
            return e.what();
        }
        return "accepted";
    };
    for (const char* name :
         {"embed.ln.w", "blocks.0.attn.rotary_sin", "relative_attention_bias", "blocks.1.attn.W_Q"}) {
        EXPECT_NE(refusal(name, at::zeros({2})).find(name), std::string::npos) << name;
    }
    EXPECT_NE(refusal("unembed.b_U", at::ones({64})).find("not zero"), std::string::npos);
    EXPECT_EQ(refusal("blocks.0.attn.mask", at::ones({4, 4}, at::kBool)), "accepted");
    EXPECT_NE(refusal("blocks.0.attn.mask", at::zeros({4, 4}, at::kBool)).find("last position"),
              std::string::npos);
    std::filesystem::remove(path);
}

TEST(LoadTorch, OrderedDictAndOtherFilesAreRefusedWithAdvice) {
    for (const char* file :
         {MAXCERT_GOLDEN "/max-of-4-golden-state_dict.pt", MAXCERT_GOLDEN "/max-of-4-golden.safetensors",
          MAXCERT_GOLDEN "/max-of-4-golden.json"}) {
        try {
            train_module().load_torch(file);
            ADD_FAILURE() << "accepted " << file;
        } catch (const InputError& e) {
            const std::string message = e.what();
            EXPECT_EQ(message.rfind(file, 0), 0u) << message;
            EXPECT_NE(message.find("torch.save(dict(model.state_dict()), path)"), std::string::npos)
                << message;
        }
    }
    EXPECT_THROW(train_module().load_torch("/nonexistent.pt"), InputError);
}

/// The model of SOUNDNESS's notation written out in double, one sequence at a time.
std::vector<double> plain_logits(const Weights& w, const std::int64_t* tokens) {
    const std::size_t k_max = w.shape.n_ctx, d = w.shape.d_model, h = w.shape.d_head, v = w.shape.d_vocab;
    const auto row_times = [](const std::vector<double>& row, const std::vector<float>& matrix,
                              std::size_t columns) {
        std::vector<double> out(columns, 0.0);
        for (std::size_t i = 0; i < row.size(); ++i) {
            for (std::size_t j = 0; j < columns; ++j)
                out[j] += row[i] * static_cast<double>(matrix[i * columns + j]);
        }
        return out;
    };
    std::vector<std::vector<double>> x(k_max, std::vector<double>(d));
    for (std::size_t k = 0; k < k_max; ++k) {
        for (std::size_t j = 0; j < d; ++j) {
            x[k][j] = static_cast<double>(w.W_E[static_cast<std::size_t>(tokens[k]) * d + j]) +
                      static_cast<double>(w.W_pos[k * d + j]);
        }
    }
    const auto query = row_times(x[k_max - 1], w.W_Q, h);
    std::vector<double> mixed(h, 0.0);
    double total = 0;
    for (std::size_t k = 0; k < k_max; ++k) {
        const auto key = row_times(x[k], w.W_K, h), value = row_times(x[k], w.W_V, h);
        double score = 0;
        for (std::size_t j = 0; j < h; ++j) score += query[j] * key[j];
        const double weight = std::exp(score / std::sqrt(static_cast<double>(h)));
        total += weight;
        for (std::size_t j = 0; j < h; ++j) mixed[j] += weight * value[j];
    }
    for (auto& entry : mixed) entry /= total;
    auto residual = row_times(mixed, w.W_O, d);
    for (std::size_t j = 0; j < d; ++j) residual[j] += x[k_max - 1][j];
    return row_times(residual, w.W_U, v);
}

TEST(Forward, AgreesWithTheModelWrittenOutInDouble) {
    for (const char* name : {"max-of-4-golden", "max-of-5-golden"}) {
        const Weights weights = golden(name);
        constexpr std::size_t n = 64;
        const auto tokens = Sampler(weights.shape, 1).sequences(n);
        const auto logits = train_module().forward(weights, tokens);
        ASSERT_EQ(logits.size(), n * weights.shape.d_vocab);
        for (std::size_t i = 0; i < n; ++i) {
            const auto expected = plain_logits(weights, tokens.data() + i * weights.shape.n_ctx);
            for (std::size_t j = 0; j < expected.size(); ++j) {
                EXPECT_NEAR(static_cast<double>(logits[i * expected.size() + j]), expected[j],
                            2e-4 * (1 + std::abs(expected[j])));
            }
        }
    }
}

}  // namespace
}  // namespace maxcert
