// Files are written whole, and a folder's config.json once: two processes may work in it at the same time.
#include "data/results/writable_folder.hpp"

#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/experiment/metadata.hpp"
#include "data/files/files.hpp"
#include "data/files/zstd.hpp"

namespace maxcert {
namespace {

void check_same(const std::string& path, const Json& wanted) {
    const auto there = results_config(path);
    if (!there) {
        throw InputError(path, "", "cannot be read, so nobody knows what the folder holds",
                         "choose another --out, or remove the folder");
    }
    if (text_at(*there, "config_hash") != wanted["config_hash"]) {
        throw InputError(path, "config_hash", "the folder holds results of another configuration",
                         "choose another --out, or remove the folder");
    }
    if (*there != wanted) write_file_atomically(path, wanted.dump(1) + "\n");
}

}  // namespace

WritableResults WritableResults::open(const std::string& folder, const Config& config) {
    WritableResults results(folder);
    make_writable_folder(folder);
    const std::string path = folder + "/config.json";
    results.config_ = describe(config);
    results.config_["seeds"] = config.seeds;
    results.config_["strategies"] = config.strategies;
    results.config_["layout"] = kResultsLayout;
    remove_abandoned_drafts(folder);
    // Of two processes that begin a folder at once, one writes this file and the other finds it.
    if (!write_file_if_absent(path, results.config_.dump(1) + "\n")) check_same(path, results.config_);
    return results;
}

void WritableResults::write_model(std::uint64_t seed, const Json& model) const {
    write_file_atomically(seed_folder(seed) + "/model.json", model.dump(1) + "\n");
}

void WritableResults::add_certificates(std::uint64_t seed, const std::string& weights_sha256,
                                       const std::map<std::string, std::string>& line_by_strategy) const {
    const FolderLock lock(seed_folder(seed));
    std::map<std::string, std::string> lines = line_by_strategy;
    for (auto& [strategy, entry] : certificates(seed).by_strategy) {
        if (entry.record && entry.record->weights_sha256 == weights_sha256)
            lines.emplace(strategy, std::move(entry.line));
    }
    std::string content;
    for (const auto& [strategy, line] : lines) content += line + "\n";
    write_file_atomically(certificates_file(seed), zstd_compress(content));
}

}  // namespace maxcert
