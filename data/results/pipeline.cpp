// A run in blocks of seeds: what is on disk and valid is kept, the rest of a block is trained together, and
// each of its models is then saved, studied and certified. A seed is on disk before the next one begins.
#include "data/results/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/base/parallel.hpp"
#include "data/experiment/metadata.hpp"
#include "data/files/files.hpp"
#include "data/weights/identity.hpp"
#include "data/weights/save_safetensors.hpp"

namespace maxcert {
namespace {

// Seeds trained together share each step's LibTorch overhead; more than this gains nothing.
constexpr std::size_t kLargestBlock = 8;
// Finished certificates reach the disk at least this often.
constexpr double kFlushSeconds = 5;
// Share of a seed's progress that training stands for.
constexpr double kTrainShare = 0.3;

class Run {
  public:
    Run(const Config& config, const WritableResults& results, const Trainer& trainer,
        const Certifier& certifier, Progress& progress)
        : config_(config),
          results_(results),
          trainer_(trainer),
          certifier_(certifier),
          progress_(progress),
          config_hash_(config_hash(config)) {}

    void block(const std::vector<std::uint64_t>& seeds) {
        std::vector<std::uint64_t> to_train;
        for (const auto seed : seeds) {
            if (stop_requested()) return;
            remove_abandoned_drafts(results_.seed_folder(seed));
            if (auto model = on_disk(seed)) {
                progress_.add(kTrainShare);
                certify(*model, *certifier_.open(seed, model->weights));
            } else {
                to_train.push_back(seed);
            }
        }
        if (to_train.empty() || stop_requested()) return;
        for (const auto seed : to_train) make_writable_folder(results_.seed_folder(seed));
        std::vector<SeedModel> models;
        double shown = 0;
        const double weight = kTrainShare * static_cast<double>(to_train.size());
        trainer_.train(
            to_train,
            [&](double share) {
                progress_.add(weight * (share - shown));
                shown = share;
            },
            [&](SeedModel&& model) { models.push_back(std::move(model)); });
        for (auto& model : models) {
            if (stop_requested()) return;
            const auto opened = certifier_.open(model.seed, model.weights);
            save(model, *opened);
            if (stop_requested()) return;
            certify(model, *opened);
        }
    }

  private:
    // The trained model, if its weights and its model.json are whole and belong together.
    std::optional<SeedModel> on_disk(std::uint64_t seed) const {
        const auto facts = results_.model(seed);
        if (!facts || !std::filesystem::exists(results_.weights_file(seed))) return std::nullopt;
        try {
            SeedModel model{seed, load_safetensors(results_.weights_file(seed)), *facts};
            if (model.weights.shape != config_.shape) return std::nullopt;
            if (text_at(*facts, "weights_sha256") != sha256_of(model.weights)) return std::nullopt;
            return model;
        } catch (const InputError& e) {
            progress_.line(fmt::format("training seed {} again: {}", seed, e.what()));
            return std::nullopt;
        }
    }

    void save(SeedModel& model, CertifiedModel& opened) const {
        save_safetensors(results_.weights_file(model.seed), model.weights,
                         weights_metadata(config_, model.seed, trainer_.environment()));
        Json facts = {{"seed", model.seed},
                      {"weights_sha256", sha256_of(model.weights)},
                      {"config_hash", config_hash_}};
        facts.update(model.facts);
        facts["study"] = opened.study();
        if (stop_requested()) return;  // it may be cut short; run again makes it whole
        results_.write_model(model.seed, facts);
        model.facts = std::move(facts);
    }

    void certify(const SeedModel& model, CertifiedModel& opened) {
        const std::string sha256 = model.facts["weights_sha256"];
        const std::vector<std::size_t> todo = missing_of(model.seed, sha256);
        const double share = (1 - kTrainShare) / static_cast<double>(std::max<std::size_t>(todo.size(), 1));
        std::map<std::string, std::string> lines;
        auto flushed = std::chrono::steady_clock::now();
        const auto flush = [&] {
            if (!lines.empty()) results_.add_certificates(model.seed, sha256, lines);
            lines.clear();
            flushed = std::chrono::steady_clock::now();
        };
        std::string best;
        double best_bound = -1;
        opened.certify(todo, [&](CertificateRecord&& r) {
            if (r.bound() > best_bound) {
                best_bound = r.bound();
                best = fmt::format("{} of {} proved right{} by {}", r.correct.get_str(), r.total.get_str(),
                                   r.exact ? " (exact)" : "", r.strategy);
            }
            lines[r.strategy] = to_json(r).dump();
            progress_.add(share, fmt::format("seed {}", model.seed));
            if (std::chrono::steady_clock::now() - flushed > std::chrono::duration<double>(kFlushSeconds))
                flush();
        });
        flush();
        if (todo.empty()) progress_.add(share);
        if (!best.empty())
            progress_.line(fmt::format("seed {}: accuracy >= {:.7f}, {}", model.seed, best_bound, best));
    }

    /// The strategies without a certificate that answers what would be asked.
    std::vector<std::size_t> missing_of(std::uint64_t seed, const std::string& sha256) const {
        const SeedCertificates there = results_.certificates(seed);
        const auto& strategies = certifier_.strategies();
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < strategies.size(); ++i) {
            const auto found = there.by_strategy.find(strategies[i]);
            const bool valid = found != there.by_strategy.end() && found->second.record &&
                               certifier_.is_current(i, *found->second.record, sha256);
            if (!valid) missing.push_back(i);
        }
        return missing;
    }

    const Config& config_;
    const WritableResults& results_;
    const Trainer& trainer_;
    const Certifier& certifier_;
    Progress& progress_;
    const std::string config_hash_;
};

// Contiguous blocks, the last ones small so that no core waits long for another at the end.
std::vector<std::vector<std::uint64_t>> blocks_of(const std::vector<std::uint64_t>& seeds, unsigned threads) {
    std::vector<std::vector<std::uint64_t>> blocks;
    for (std::size_t begin = 0; begin < seeds.size();) {
        const std::size_t left = seeds.size() - begin;
        const std::size_t size =
            std::clamp<std::size_t>(left / (2 * std::max(threads, 1u)), 1, kLargestBlock);
        const auto first = seeds.begin() + static_cast<std::ptrdiff_t>(begin);
        blocks.emplace_back(first, first + static_cast<std::ptrdiff_t>(size));
        begin += size;
    }
    return blocks;
}

}  // namespace

void run_pipeline(const Config& config, const std::vector<std::uint64_t>& seeds,
                  const WritableResults& results, const Trainer& trainer, const Certifier& certifier,
                  const RunOptions& options) {
    Progress progress(options.progress, config.name, static_cast<double>(seeds.size()));
    Run run(config, results, trainer, certifier, progress);
    const auto blocks = blocks_of(seeds, options.threads);
    parallel_for(blocks.size(), options.threads, [&](std::size_t i) {
        if (!stop_requested()) run.block(blocks[i]);
    });
}

}  // namespace maxcert
