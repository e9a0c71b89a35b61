// Whatever is not whole, or not of this folder's configuration and these weights, is as good as missing: the
// next run makes it again.
#include "data/results/folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/base/text.hpp"
#include "data/files/read_file.hpp"
#include "data/files/zstd.hpp"

namespace fs = std::filesystem;

namespace maxcert {
namespace {

constexpr std::uint64_t kMaxRecordBytes = 8u << 20;
constexpr std::uint64_t kMaxConfigBytes = 64u << 20;  // a million seeds take 8 MB
// All certificates of a model, compressed and not.
constexpr std::uint64_t kMaxFileBytes = 256u << 20, kMaxContentBytes = 1u << 30;

// Nothing for a file that is not there, cannot be read, or is cut off or overwritten: all as good as missing.
std::optional<Json> read_json(const std::string& path, std::uint64_t max_bytes = kMaxRecordBytes) {
    try {
        return parse_json_object(read_file(path, max_bytes), path, "");
    } catch (const InputError&) {
        return std::nullopt;
    }
}

bool is_model(const Json& model) {
    const auto accuracy = model.find("sampled_accuracy");
    return !text_at(model, "weights_sha256").empty() && (accuracy == model.end() || accuracy->is_number());
}

// Seeds that a later run may select from, as this program writes them.
bool is_config(const Json& config) {
    const auto seeds = config.find("seeds");
    return !text_at(config, "config_hash").empty() && seeds != config.end() && seeds->is_array() &&
           std::all_of(seeds->begin(), seeds->end(), [](const Json& s) { return s.is_number_unsigned(); });
}

void refuse_older_layout(const std::string& path, const Json& config) {
    const auto layout = config.find("layout");
    if (layout != config.end() && *layout == kResultsLayout) return;
    throw InputError(path, "layout",
                     "the folder was written by another version, with certificates kept in another way",
                     "run into another --out; the weights in it are as good as ever, for maxcert certify");
}

/// The strategy that a line speaks of, as far as that can be made out of one that is no certificate.
std::string strategy_of(const std::string& line) {
    try {
        return text_at(parse_json_object(line, "", ""), "strategy");
    } catch (const InputError&) {
        return "";
    }
}

}  // namespace

std::optional<Json> results_config(const std::string& path) {
    auto config = read_json(path, kMaxConfigBytes);
    if (!config || !is_config(*config)) return std::nullopt;
    refuse_older_layout(path, *config);
    return config;
}

Results Results::existing(const std::string& folder) {
    Results results(folder);
    const std::string path = folder + "/config.json";
    const auto config = results_config(path);
    if (!config) {
        throw InputError(
            path, "", "cannot be read, or lacks config_hash or seeds",
            "give the folder that maxcert run wrote, as in: maxcert run --config configs/smoke.cfg, then "
            "--results results/smoke");
    }
    results.config_ = *config;
    return results;
}

std::string Results::seed_folder(std::uint64_t seed) const {
    return fmt::format("{}/seed-{}", folder_, seed);
}
std::string Results::weights_file(std::uint64_t seed) const {
    return seed_folder(seed) + "/weights.safetensors";
}
std::string Results::certificates_file(std::uint64_t seed) const {
    return seed_folder(seed) + "/certificates.jsonl.zst";
}

std::vector<std::uint64_t> Results::seeds() const {
    std::vector<std::uint64_t> seeds;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string name = entry.path().filename().string();
        const auto seed = name.rfind("seed-", 0) == 0 ? parse_u64(name.substr(5)) : std::nullopt;
        const bool ours = seed && name == fmt::format("seed-{}", *seed);  // and not seed-007
        if (ours && entry.is_directory()) seeds.push_back(*seed);
    }
    std::sort(seeds.begin(), seeds.end());
    return seeds;
}

std::optional<Json> Results::model(std::uint64_t seed) const {
    auto model = read_json(seed_folder(seed) + "/model.json");
    const bool ours = model && is_model(*model) && text_at(*model, "config_hash") == config_["config_hash"] &&
                      model->contains("seed") && (*model)["seed"] == seed;
    return ours ? model : std::nullopt;
}

SeedCertificates Results::certificates(std::uint64_t seed) const {
    SeedCertificates found;
    const std::string path = certificates_file(seed);
    if (!fs::exists(path)) return found;
    std::string content;
    try {
        content = zstd_decompress(read_file(path, kMaxFileBytes), kMaxContentBytes, path);
    } catch (const InputError& e) {
        found.damage = e.what();
        return found;
    }
    for (std::size_t start = 0; start < content.size();) {
        const std::size_t end = std::min(content.find('\n', start), content.size());
        SeedCertificates::Entry entry{content.substr(start, end - start), std::nullopt};
        start = end + 1;
        std::string strategy;
        try {
            entry.record = parse_record_without_hints(entry.line, path);
            strategy = entry.record->strategy;
        } catch (const InputError&) {
            strategy = strategy_of(entry.line);
        }
        if (strategy.empty()) {
            ++found.unreadable_lines;
            continue;
        }
        const auto [place, first] = found.by_strategy.emplace(strategy, std::move(entry));
        if (!first) place->second.record.reset();  // two that may differ: neither counts
    }
    return found;
}

}  // namespace maxcert
