// `maxcert run`: every core trains a block of seeds, certifies each model in memory, and takes the next.
// The two interfaces here are the work that other folders do; maxcert.cpp hands them in, so that data/
// includes neither train/ nor certify/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/base/json.hpp"
#include "data/base/progress.hpp"
#include "data/experiment/config.hpp"
#include "data/results/writable_folder.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// A trained model and what model.json says of its training.
struct SeedModel {
    std::uint64_t seed = 0;
    Weights weights;
    Json facts;
};

/// Trains models. Called from several threads at once.
class Trainer {
  public:
    using NoteProgress = std::function<void(double share)>;
    using Deliver = std::function<void(SeedModel&&)>;

    virtual ~Trainer() = default;
    /// What decides the bits of the weights besides configuration and seed.
    virtual Json environment() const = 0;
    /// Trains the seeds on the calling thread, in one batch. Ends early, leaving out what is not finished,
    /// once a stop is requested.
    virtual void train(const std::vector<std::uint64_t>& seeds, const NoteProgress& note,
                       const Deliver& deliver) const = 0;
};

/// One model: what its study and its certificates have in common is computed once. Used by one thread.
class CertifiedModel {
  public:
    using Deliver = std::function<void(CertificateRecord&&)>;

    virtual ~CertifiedModel() = default;
    /// What is studied of the model besides proofs (ablations, singular values, ...).
    virtual Json study() = 0;
    /// Certifies the strategies `todo` (indices into Certifier::strategies()), in order. Ends early once a
    /// stop is requested.
    virtual void certify(const std::vector<std::size_t>& todo, const Deliver& deliver) = 0;
};

/// Proves the chosen strategies. Called from several threads at once.
class Certifier {
  public:
    virtual ~Certifier() = default;
    /// The names of the chosen strategies, in order.
    virtual const std::vector<std::string>& strategies() const = 0;
    /// Whether a certificate on disk answers what would be asked of this strategy and these weights.
    virtual bool is_current(std::size_t strategy, const CertificateRecord& record,
                            const std::string& weights_sha256) const = 0;
    virtual std::unique_ptr<CertifiedModel> open(std::uint64_t seed, const Weights& weights) const = 0;
};

struct RunOptions {
    unsigned threads = 1;
    ProgressStyle progress = ProgressStyle::plain;
};

/// Trains and certifies `seeds` into `results`, skipping what is there and valid, and removes what killed
/// runs left half-written. Returns when all is done, or early with everything finished on disk once a stop is
/// requested.
void run_pipeline(const Config& config, const std::vector<std::uint64_t>& seeds,
                  const WritableResults& results, const Trainer& trainer, const Certifier& certifier,
                  const RunOptions& options);

}  // namespace maxcert
