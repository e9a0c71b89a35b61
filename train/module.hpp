// The front door of the training room. No LibTorch here: the room is a module opened on first use.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/base/json.hpp"
#include "data/experiment/config.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

struct TrainedModel {
    std::uint64_t seed = 0;
    Weights weights;
    double final_loss = 0;        ///< mean training loss over the last 100 steps, nats
    double sampled_accuracy = 0;  ///< on 2^14 fresh uniform sequences
    double train_seconds = 0;     ///< of one core
    /// Training loss by step: {"step": [...], "loss": [...]}, about 100 points.
    Json curve;
};

struct TrainOptions {
    unsigned threads = 1;  ///< workers side by side, each with one LibTorch thread
    std::string device = "cpu";
    /// Called as training advances with the share (0..1) of all seeds' steps done and a note; any thread.
    std::function<void(double, const std::string&)> on_progress;
    /// Asked between steps; true ends training early, leaving unfinished seeds undelivered.
    std::function<bool()> should_stop;
};

/// Trains every seed and hands each finished model to `deliver` as soon as it is ready (from worker threads,
/// one call at a time). The weights of a seed are bit-identical alone, in any company, at any thread count.
/// Throws UsageError for a device that is not there.
using TrainFunction = void(const Config& config, const std::vector<std::uint64_t>& seeds,
                           const TrainOptions& options, const std::function<void(TrainedModel&&)>& deliver);

/// What decides the bits of the weights besides config and seed: library versions, BLAS, CPU capability.
using EnvironmentFunction = Json();

/// Reads a plain dict of tensors saved by torch.save. Throws InputError with a remedy otherwise.
using LoadTorchFunction = Weights(const std::string& path);

/// float32 logits [n, d_vocab] at the last position for `tokens` [n, n_ctx] by LibTorch's forward pass.
using ForwardFunction = std::vector<float>(const Weights& weights, const std::vector<std::int64_t>& tokens);

/// The doors of the module, found under the C name `maxcert_train_room`.
struct TrainModule {
    TrainFunction* train;
    EnvironmentFunction* environment;
    LoadTorchFunction* load_torch;
    ForwardFunction* forward;
};

/// Opens the module on first use (about half a second). Throws Error when it was not built or not found.
const TrainModule& train_module();

/// Re-executes the program once with the settings that fix the bits of LibTorch and OpenBLAS (one thread,
/// AVX2 kernels, Haswell BLAS core) where the user has not set them: they are read when the libraries load.
void fix_numeric_environment(char** argv);

}  // namespace maxcert
