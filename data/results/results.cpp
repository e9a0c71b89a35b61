#include "data/results/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "data/base/errors.hpp"
#include "data/base/files.hpp"
#include "data/base/text.hpp"
#include "data/experiment/metadata.hpp"

namespace fs = std::filesystem;

namespace maxcert {
namespace {

constexpr std::uint64_t kMaxRecordBytes = 8u << 20;

// Nothing for a file that is not there, cannot be read, or is cut off or overwritten: all as good as missing.
std::optional<Json> read_json(const std::string& path) {
    try {
        return parse_json_object(read_file(path, kMaxRecordBytes), path, "");
    } catch (const InputError&) {
        return std::nullopt;
    }
}

/// Whether the fields that are read here are what they should be.
bool is_certificate(const Json& c, const std::string& file_name) {
    const auto is = [&c](const char* key, auto predicate) {
        const auto found = c.find(key);
        return found != c.end() && ((*found).*predicate)();
    };
    for (const char* key : {"correct", "total", "weights_sha256", "program"}) {
        if (!is(key, &Json::is_string)) return false;
    }
    return is("bound", &Json::is_number) && is("exact", &Json::is_boolean) &&
           is("complete", &Json::is_boolean) && is("hints", &Json::is_object) &&
           certificate_file_name(text_at(c, "strategy")) == file_name;
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

void check_same(const std::string& path, const Json& wanted) {
    const auto there = read_json(path);
    if (!there || !is_config(*there)) {
        throw InputError(path, "", "cannot be read, so nobody knows what the folder holds",
                         "choose another --out, or remove the folder");
    }
    if (text_at(*there, "config_hash") != wanted["config_hash"]) {
        throw InputError(path, "config_hash", "the folder holds results of another configuration",
                         "choose another --out, or remove the folder");
    }
    if (*there != wanted) write_file_atomically(path, wanted.dump(1) + "\n");
}

std::string csv_cell(const Json& value) {
    if (value.is_null()) return "";
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

std::string certificate_file_name(const std::string& strategy) {
    std::string name;
    for (const char c : strategy) {
        if (c == '/') {
            name += "__";
        } else {
            name += c;
        }
    }
    return name + ".json";
}

Results Results::open(const std::string& folder, const Config& config) {
    Results results(folder);
    make_writable_folder(folder);
    const std::string path = folder + "/config.json";
    results.config_ = describe(config);
    results.config_["seeds"] = config.seeds;
    results.config_["strategies"] = config.strategies;
    // Of two processes that begin a folder at once, one writes this file and the other finds it.
    if (!write_file_if_absent(path, results.config_.dump(1) + "\n")) check_same(path, results.config_);
    return results;
}

Results Results::existing(const std::string& folder) {
    Results results(folder);
    const auto config = read_json(folder + "/config.json");
    if (!config || !is_config(*config)) {
        throw InputError(folder + "/config.json", "", "cannot be read, or lacks config_hash or seeds",
                         "give the folder that maxcert run wrote with --out");
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

void Results::write_model(std::uint64_t seed, const Json& model) const {
    write_file_atomically(seed_folder(seed) + "/model.json", model.dump(1) + "\n");
}

std::map<std::string, std::optional<Json>> Results::certificates(std::uint64_t seed) const {
    std::map<std::string, std::optional<Json>> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(seed_folder(seed) + "/certificates", none)) {
        if (entry.path().extension() != ".json") continue;
        const std::string name = entry.path().filename().string();
        auto& certificate = found[name] = read_json(entry.path().string());
        if (certificate && !is_certificate(*certificate, name)) certificate.reset();
    }
    return found;
}

bool Results::belongs(std::uint64_t seed, const Json& c, const std::string& weights_sha256) const {
    const auto of = c.find("seed");
    return of != c.end() && *of == seed && text_at(c, "config_hash") == config_["config_hash"] &&
           text_at(c, "weights_sha256") == weights_sha256;
}

void Results::write_certificates(
    std::uint64_t seed, const std::vector<std::pair<std::string, std::string>>& name_and_bytes) const {
    const std::string folder = seed_folder(seed) + "/certificates";
    write_files_atomically(folder, name_and_bytes);
}

std::size_t Results::write_summary() const {
    Json rows = Json::array();
    for (const auto seed : seeds()) {
        const auto model = this->model(seed);
        if (!model) continue;
        const std::string sha256 = (*model)["weights_sha256"];
        for (const auto& [name, certificate] : certificates(seed)) {
            if (!certificate || !belongs(seed, *certificate, sha256)) continue;
            Json row = {{"seed", seed}};
            for (const auto& [key, value] : certificate->items()) {
                if (value.is_primitive()) row[key] = value;
            }
            const auto run = certificate->find("run");
            if (run != certificate->end() && run->is_object() && run->contains("wall_s"))
                row["wall_s"] = (*run)["wall_s"];
            rows.push_back(std::move(row));
        }
    }
    write_file_atomically(folder_ + "/summary.csv", csv_of(rows));
    return rows.size();
}

std::string results_table(const Results& results, const std::vector<std::uint64_t>& seeds) {
    std::string text =
        fmt::format("{:>10}  {:>16}  {:<22}  {}\n", "seed", "sampled accuracy", "certified accuracy", "by");
    for (const auto seed : seeds) {
        const auto model = results.model(seed);
        if (!model) continue;
        const std::string sha256 = (*model)["weights_sha256"];
        const Json* best = nullptr;
        const auto certificates = results.certificates(seed);
        for (const auto& [name, certificate] : certificates) {
            if (!certificate || !results.belongs(seed, *certificate, sha256)) continue;
            if (best == nullptr || (*certificate)["bound"] > (*best)["bound"]) best = &*certificate;
        }
        text += fmt::format("{:>10}  {:>16.5f}  ", seed, model->value("sampled_accuracy", 0.0));
        if (best == nullptr) {
            text += "-\n";
            continue;
        }
        text += fmt::format("{:<22}  {}: {} of {}\n",
                            fmt::format("{} {:.9f}", (*best)["exact"].get<bool>() ? "=" : ">=",
                                        (*best)["bound"].get<double>()),
                            (*best)["strategy"].get<std::string>(), (*best)["correct"].get<std::string>(),
                            (*best)["total"].get<std::string>());
    }
    return text;
}

std::string csv_of(const Json& rows) {
    std::vector<std::string> columns;
    for (const auto& row : rows) {
        for (const auto& [key, value] : row.items()) {
            if (value.is_primitive() && std::find(columns.begin(), columns.end(), key) == columns.end()) {
                columns.push_back(key);
            }
        }
    }
    std::string text = fmt::format("{}\n", fmt::join(columns, ","));
    for (const auto& row : rows) {
        std::string line;
        for (const auto& column : columns) {
            if (&column != &columns.front()) line += ',';
            if (row.contains(column)) line += csv_cell(row[column]);
        }
        text += line + "\n";
    }
    return text;
}

}  // namespace maxcert
