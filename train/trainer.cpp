// On the CPU each seed is trained by itself, in plain loops around BLAS, since a model's training fits the
// cache; on a GPU groups of seeds share LibTorch's calls. Groups run on their own threads, with LibTorch at
// one thread each.
#include "train/trainer.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <time.h>
#include <torch/optim/adamw.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "data/base/errors.hpp"
#include "data/base/parallel.hpp"
#include "data/experiment/sampler.hpp"
#include "data/experiment/seeds.hpp"
#include "train/adamw.hpp"
#include "train/autograd.hpp"
#include "train/fused_step.hpp"

namespace maxcert {
namespace {

constexpr std::size_t kGpuGroup = 4;  // seeds that share calls
constexpr std::size_t kTestSequences = std::size_t{1} << 14;
constexpr std::size_t kTestBatch = std::size_t{1} << 10;
constexpr std::uint32_t kCurvePoints = 100;
constexpr std::uint32_t kFinalSteps = 100;
constexpr std::uint32_t kProgressSteps = 50;

double thread_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

at::Device device_named(const std::string& name) {
    if (name == "cpu") return at::kCPU;
    if (name != "cuda") throw UsageError("--device takes cpu or cuda, not '" + name + "'");
    if (!at::globalContext().hasCUDA()) {
        throw UsageError(
            "--device cuda: this LibTorch has no CUDA or finds no GPU (leave --device out: a processor "
            "trains a model in less than a second)");
    }
    return at::kCUDA;
}

torch::optim::AdamWOptions adamw_options(const TrainConfig& train) {
    return torch::optim::AdamWOptions(train.learning_rate)
        .betas(std::make_tuple(train.beta1, train.beta2))
        .eps(train.epsilon)
        .weight_decay(train.weight_decay)
        .amsgrad(false);
}

/// The losses of one seed's steps, summed into a curve as they come.
class LossCurve {
  public:
    explicit LossCurve(std::uint32_t steps) : steps_(steps), every_(std::max(1u, steps / kCurvePoints)) {}

    void add(std::uint32_t step, double loss) {
        interval_ += loss;
        if (step + kFinalSteps >= steps_) final_ += loss;
        if ((step + 1) % every_ != 0) return;
        at_.push_back(step + 1);
        loss_.push_back(interval_ / every_);
        interval_ = 0;
    }
    double final_mean() const { return final_ / std::min(kFinalSteps, steps_); }
    Json json() const { return {{"step", at_}, {"loss", loss_}}; }

  private:
    std::uint32_t steps_, every_;
    double interval_ = 0, final_ = 0;
    std::vector<std::uint32_t> at_;
    std::vector<double> loss_;
};

/// One seed's parameters on the CPU, and what moves them.
class CpuTraining {
  public:
    CpuTraining(const at::Tensor& row, const at::Tensor& gradient, const Parameters& parameters,
                const TrainConfig& train)
        : row_(row),
          gradient_(gradient),
          step_(parameters, row, gradient, train.batch),
          optimizer_(train, static_cast<std::size_t>(parameters.row())) {}

    /// Returns the loss on tokens [batch, n_ctx] before the step.
    double step(const std::int64_t* tokens) {
        const double loss = step_.gradient(tokens);
        optimizer_.step(row_.data_ptr<float>(), gradient_.data_ptr<float>());
        return loss;
    }

  private:
    at::Tensor row_, gradient_;
    FusedStep step_;
    AdamW optimizer_;
};

/// Seeds trained in step, one row of parameters each.
class Group {
  public:
    Group(const Config& config, std::vector<std::uint64_t> seeds, at::Device device)
        : config_(config), seeds_(std::move(seeds)), parameters_(config.shape) {
        const auto n = static_cast<std::int64_t>(seeds_.size());
        rows_ = at::zeros({n, parameters_.row()}, at::kFloat);
        for (std::size_t i = 0; i < seeds_.size(); ++i) {
            parameters_.initialise(rows_[static_cast<std::int64_t>(i)], model_seed(seeds_[i]));
            samplers_.emplace_back(config.shape, train_seed(seeds_[i]));
            curves_.emplace_back(config.train.steps);
        }
        rows_ = rows_.to(device);
        rows_.mutable_grad() = at::zeros_like(rows_);
        if (device.is_cpu()) {
            for (std::int64_t i = 0; i < n; ++i) {
                cpu_.emplace_back(rows_[i], rows_.grad()[i], parameters_, config.train);
            }
        } else {
            rows_.set_requires_grad(true);
            gpu_optimizer_ = std::make_unique<torch::optim::AdamW>(std::vector<at::Tensor>{rows_},
                                                                   adamw_options(config.train));
        }
    }

    std::size_t size() const { return seeds_.size(); }
    double last_loss() const { return last_loss_; }

    void step(std::uint32_t number) {
        if (gpu_optimizer_) return step_by_autograd(number);
        for (std::size_t i = 0; i < size(); ++i) {
            record(i, number, cpu_[i].step(samplers_[i].sequences(config_.train.batch).data()));
        }
    }

    TrainedModel model(std::size_t i, double seconds) const {
        const auto row = rows_.detach()[static_cast<std::int64_t>(i)].to(at::kCPU);
        TrainedModel model;
        model.seed = seeds_[i];
        model.weights = parameters_.weights(row);
        model.final_loss = curves_[i].final_mean();
        model.sampled_accuracy = sampled_accuracy(row, seeds_[i]);
        model.train_seconds = seconds;
        model.curve = curves_[i].json();
        return model;
    }

  private:
    void record(std::size_t i, std::uint32_t step, double loss) {
        curves_[i].add(step, loss);
        last_loss_ = loss;
    }

    void step_by_autograd(std::uint32_t number) {
        std::vector<at::Tensor> tokens;
        for (auto& sampler : samplers_) {
            auto drawn = sampler.sequences(config_.train.batch);
            tokens.push_back(at::tensor(drawn).view({config_.train.batch, config_.shape.n_ctx}));
        }
        rows_.mutable_grad().zero_();
        const auto losses = losses_of(parameters_, rows_, at::stack(tokens).to(rows_.device()));
        losses.sum().backward();
        const auto values = losses.detach().to(at::kCPU, at::kDouble);
        for (std::size_t i = 0; i < size(); ++i) record(i, number, values.data_ptr<double>()[i]);
        gpu_optimizer_->step();
    }

    double sampled_accuracy(const at::Tensor& row, std::uint64_t seed) const {
        FusedStep step(parameters_, row, at::zeros_like(row), kTestBatch);
        Sampler sampler(config_.shape, test_seed(seed));
        std::size_t correct = 0;
        for (std::size_t done = 0; done < kTestSequences; done += kTestBatch) {
            correct += step.correct(sampler.sequences(kTestBatch).data());
        }
        return static_cast<double>(correct) / static_cast<double>(kTestSequences);
    }

    const Config& config_;
    std::vector<std::uint64_t> seeds_;
    Parameters parameters_;
    at::Tensor rows_;
    std::vector<Sampler> samplers_;
    std::vector<LossCurve> curves_;
    std::vector<CpuTraining> cpu_;                        // by seed
    std::unique_ptr<torch::optim::AdamW> gpu_optimizer_;  // of all seeds
    double last_loss_ = 0;
};

}  // namespace

void train_models(const Config& config, const std::vector<std::uint64_t>& seeds, const TrainOptions& options,
                  const std::function<void(TrainedModel&&)>& deliver) {
    const at::Device device = device_named(options.device);
    const std::size_t threads = std::max(1u, options.threads);
    const std::size_t per_group =
        device.is_cpu() ? 1 : std::clamp<std::size_t>((seeds.size() + threads - 1) / threads, 1, kGpuGroup);
    const double all_steps = static_cast<double>(seeds.size()) * config.train.steps;
    std::atomic<std::uint64_t> done{0};
    std::mutex delivering;

    parallel_for((seeds.size() + per_group - 1) / per_group, options.threads, [&](std::size_t g) {
        at::set_num_threads(1);  // of this worker; two on tensors this small are far slower than one
        const c10::InferenceMode no_autograd(device.is_cpu());
        const auto begin = seeds.begin() + static_cast<std::ptrdiff_t>(g * per_group);
        const auto end =
            seeds.begin() + static_cast<std::ptrdiff_t>(std::min((g + 1) * per_group, seeds.size()));
        const double start = thread_seconds();
        Group group(config, {begin, end}, device);
        for (std::uint32_t step = 0; step < config.train.steps; ++step) {
            if (options.should_stop && options.should_stop()) return;
            group.step(step);
            const std::uint64_t total = done += group.size();
            if (options.on_progress && (step + 1) % kProgressSteps == 0) {
                options.on_progress(static_cast<double>(total) / all_steps,
                                    fmt::format("loss {:.4f}", group.last_loss()));
            }
        }
        const double seconds = (thread_seconds() - start) / static_cast<double>(group.size());
        for (std::size_t i = 0; i < group.size(); ++i) {
            TrainedModel model = group.model(i, seconds);
            const std::lock_guard<std::mutex> lock(delivering);
            deliver(std::move(model));
        }
    });
}

}  // namespace maxcert
