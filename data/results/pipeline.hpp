// `maxcert run`: every core trains a block of seeds, certifies each model in memory, and takes the next.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/base/json.hpp"
#include "data/base/progress.hpp"
#include "data/experiment/config.hpp"
#include "data/results/results.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// The rooms' work, handed in by maxcert.cpp so that data flows one way. All are called from several threads.
struct Stages {
    struct Model {
        std::uint64_t seed = 0;
        Weights weights;
        Json facts;  ///< goes into model.json
    };
    using Deliver = std::function<void(Model&&)>;
    using NoteProgress = std::function<void(double share)>;

    /// Trains the seeds on the calling thread, in one batch.
    std::function<void(const std::vector<std::uint64_t>& seeds, const NoteProgress&, const Deliver&)> train;
    /// Adds what is studied of a model (ablations, singular values, ...) to its facts.
    std::function<Json(const Weights&, std::uint64_t seed)> study;
    /// The certificate of one strategy; `valid` says whether a certificate on disk answers the same question.
    struct Certifier {
        std::vector<std::string> file_names;  ///< of the chosen strategies, in order
        std::function<bool(std::size_t strategy, const Json& certificate, const std::string& weights_sha256)>
            valid;
        /// Certifies the strategies `todo`, in order, calling `done` with each certificate.
        std::function<void(const Weights&, const std::vector<std::size_t>& todo,
                           const std::function<void(std::size_t, Json&&)>& done)>
            certify;
    } certifier;
    std::string metadata_environment;  ///< JSON text saved with weights: what decides their bits
};

struct RunOptions {
    unsigned threads = 1;
    ProgressStyle progress = ProgressStyle::plain;
};

/// Trains and certifies `seeds` into `results`, skipping what is there and valid. Returns when all is done,
/// or early with everything finished on disk once a stop is requested.
void run_pipeline(const Config& config, const std::vector<std::uint64_t>& seeds, const Results& results,
                  const Stages& stages, const RunOptions& options);

}  // namespace maxcert
