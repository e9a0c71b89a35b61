#include "data/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "data/errors.hpp"
#include "data/files.hpp"

namespace fs = std::filesystem;

namespace maxcert {
namespace {

constexpr std::uint64_t kMaxRecordBytes = 8u << 20;

std::optional<Json> read_json(const std::string& path) {
    if (!fs::exists(path)) return std::nullopt;
    try {
        Json value = Json::parse(read_file(path, kMaxRecordBytes));
        if (value.is_object()) return value;
    } catch (const Json::exception&) {  // cut off or overwritten: as good as missing
    } catch (const InputError&) {
    }
    return std::nullopt;
}

void make_folder(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) throw Error(path + ": cannot make this folder: " + error.message());
}

Json describe(const Config& config) {
    const TrainConfig& t = config.train;
    Json seeds = config.seeds;
    return {{"name", config.name},
            {"shape",
             {{"n_ctx", config.shape.n_ctx},
              {"d_vocab", config.shape.d_vocab},
              {"d_model", config.shape.d_model},
              {"d_head", config.shape.d_head}}},
            {"train",
             {{"steps", t.steps},
              {"batch", t.batch},
              {"learning_rate", t.learning_rate},
              {"beta1", t.beta1},
              {"beta2", t.beta2},
              {"epsilon", t.epsilon},
              {"weight_decay", t.weight_decay}}},
            {"config_hash", config_hash(config)},
            {"program", std::string("maxcert ") + MAXCERT_VERSION},
            {"seeds", seeds}};
}

std::string csv_cell(const Json& value) {
    if (value.is_null()) return "";
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

Results Results::open(const std::string& folder, const Config& config) {
    Results results(folder);
    make_folder(folder);
    const std::string path = folder + "/config.json";
    const Json wanted = describe(config);
    const auto there = read_json(path);
    if (there && there->value("config_hash", "") != wanted["config_hash"]) {
        throw InputError(path, "config_hash", "the folder holds results of another configuration",
                         "choose another --out, or remove the folder");
    }
    if (!there || *there != wanted) write_file_atomically(path, wanted.dump(1) + "\n");
    results.config_ = wanted;
    return results;
}

Results Results::existing(const std::string& folder) {
    Results results(folder);
    const auto config = read_json(folder + "/config.json");
    if (!config || !config->contains("config_hash") || !(*config)["config_hash"].is_string()) {
        throw InputError(folder + "/config.json", "config_hash", "cannot be read",
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
        const std::string digits = name.rfind("seed-", 0) == 0 ? name.substr(5) : "";
        const bool number = !digits.empty() && digits.size() <= 19 &&
                            digits.find_first_not_of("0123456789") == std::string::npos;
        if (number && entry.is_directory()) seeds.push_back(std::stoull(digits));
    }
    std::sort(seeds.begin(), seeds.end());
    return seeds;
}

std::optional<Json> Results::model(std::uint64_t seed) const {
    auto model = read_json(seed_folder(seed) + "/model.json");
    if (model && model->value("config_hash", "") != config_["config_hash"]) model.reset();
    return model;
}

void Results::write_model(std::uint64_t seed, const Json& model) const {
    make_folder(seed_folder(seed));
    write_file_atomically(seed_folder(seed) + "/model.json", model.dump(1) + "\n");
}

std::map<std::string, std::optional<Json>> Results::certificates(std::uint64_t seed) const {
    std::map<std::string, std::optional<Json>> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(seed_folder(seed) + "/certificates", none)) {
        if (entry.path().extension() == ".json") {
            found[entry.path().filename().string()] = read_json(entry.path().string());
        }
    }
    return found;
}

void Results::write_certificates(
    std::uint64_t seed, const std::vector<std::pair<std::string, std::string>>& name_and_bytes) const {
    const std::string folder = seed_folder(seed) + "/certificates";
    make_folder(folder);
    write_files_atomically(folder, name_and_bytes);
}

std::size_t Results::write_summary() const {
    Json rows = Json::array();
    for (const auto seed : seeds()) {
        for (const auto& [name, certificate] : certificates(seed)) {
            if (!certificate) continue;
            Json row = {{"seed", seed}};
            for (const auto& [key, value] : certificate->items()) {
                if (value.is_primitive()) row[key] = value;
            }
            const auto run = certificate->find("run");
            if (run != certificate->end() && run->contains("wall_s")) row["wall_s"] = (*run)["wall_s"];
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
        const Json* best = nullptr;
        const auto certificates = results.certificates(seed);
        for (const auto& [name, certificate] : certificates) {
            if (certificate && (best == nullptr || (*certificate)["bound"] > (*best)["bound"]))
                best = &*certificate;
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
