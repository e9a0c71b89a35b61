// Boost reads the file; conversions check every range, and an unknown key is an error, so that a misspelt one
// cannot pass.
#include "data/experiment/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cmath>
#include <filesystem>
#include <set>
#include <sstream>

#include "data/base/errors.hpp"
#include "data/base/json.hpp"
#include "data/base/text.hpp"
#include "data/files/program_files.hpp"
#include "data/files/read_file.hpp"
#include "data/hashes/sha256.hpp"

namespace maxcert {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;

/// The texts of a config file by key, with checked conversions.
class Values {
  public:
    Values(std::string file, const po::variables_map& texts) : file_(std::move(file)), texts_(texts) {}

    std::string text(const char* key) const { return texts_.at(key).as<std::string>(); }

    std::uint32_t whole(const char* key, std::uint32_t low, std::uint32_t high) const {
        const auto value = parse_u64(text(key));
        if (!value || *value < low || *value > high) {
            refuse(key, fmt::format("'{}' is not a whole number in {}..{}", text(key), low, high));
        }
        return static_cast<std::uint32_t>(*value);
    }

    /// In low <= x < high.
    double real(const char* key, double low, double high) const {
        std::istringstream stream(text(key));
        stream.imbue(std::locale::classic());
        double value = NAN;
        stream >> value;
        if (!stream || !stream.eof() || !(low <= value && value < high)) {
            refuse(key, fmt::format("'{}' is not a number in [{}, {})", text(key), low, high));
        }
        return value;
    }

    std::vector<std::uint64_t> seeds() const {
        std::vector<std::uint64_t> result;
        for (const auto& line : texts_.at("seeds").as<std::vector<std::string>>()) {
            for (const auto& item : split(line, ',')) {
                const auto seed = parse_u64(item);
                if (!seed) refuse("seeds", fmt::format("'{}' is not a whole number below 2^64", item));
                result.push_back(*seed);
            }
        }
        if (std::set<std::uint64_t>(result.begin(), result.end()).size() != result.size()) {
            refuse("seeds", "a seed is there twice");
        }
        return result;
    }

    [[noreturn]] void refuse(const char* key, const std::string& reason) const {
        throw InputError(file_, key, reason, "correct the file; configs/max-of-4.cfg shows every key");
    }

  private:
    std::string file_;
    const po::variables_map& texts_;
};

po::options_description keys() {
    const auto with_default = [](const char* text) { return po::value<std::string>()->default_value(text); };
    po::options_description keys;
    auto add = keys.add_options();
    add("name", po::value<std::string>()->required());
    add("n_ctx", po::value<std::string>()->required());
    add("seeds", po::value<std::vector<std::string>>()->required());
    add("d_vocab", with_default("64"));
    add("d_model", with_default("32"));
    add("d_head", with_default("32"));
    add("steps", with_default("3000"));
    add("batch", with_default("128"));
    add("learning_rate", with_default("0.001"));
    add("beta1", with_default("0.9"));
    add("beta2", with_default("0.999"));
    add("epsilon", with_default("1e-8"));
    add("weight_decay", with_default("0.01"));
    add("strategies", with_default("all"));
    return keys;
}

po::variables_map parse(const std::string& text, const std::string& path) {
    // Boost replaces %words% in its messages, and never ends where it puts one in again.
    for (const auto& line : split(text, '\n')) {
        if (line.find('%') < line.find('#')) {
            throw InputError(path, "", "holds a % sign", "no key or value has one; leave it out");
        }
    }
    std::istringstream stream(text);
    po::variables_map texts;
    try {
        po::store(po::parse_config_file(stream, keys()), texts);
        po::notify(texts);
    } catch (const po::error_with_option_name& e) {
        throw InputError(path, e.get_option_name(), e.what(), "configs/max-of-4.cfg shows every key");
    } catch (const po::error& e) {
        throw InputError(path, "", e.what(),
                         "write `key = value` lines; configs/max-of-4.cfg shows every key");
    }
    return texts;
}

}  // namespace

Config load_config(const std::string& asked) {
    // The experiments that come with the program are found from any folder, unless the folder has its own.
    std::string path = asked;
    if (std::filesystem::path(asked).is_relative() && !std::filesystem::exists(asked)) {
        if (const std::string ours = program_file(asked); !ours.empty()) path = ours;
    }
    if (!std::filesystem::exists(path)) {
        throw InputError(
            path, "", "is not there",
            "the program's own are configs/smoke.cfg, configs/max-of-4.cfg and others beside them, as in: "
            "maxcert run --config configs/smoke.cfg");
    }
    return parse_config(read_file(path, kMaxConfigBytes), path);
}

Config parse_config(const std::string& text, const std::string& path) {
    const auto texts = parse(text, path);
    const Values values(path, texts);
    Config config;
    config.file = path;
    config.name = values.text("name");
    const auto plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    };
    if (config.name.empty() || !std::all_of(config.name.begin(), config.name.end(), plain)) {
        values.refuse("name", "must be made of letters, digits, - and _: it names a folder");
    }
    config.shape = {values.whole("n_ctx", 1, kMaxDimension), values.whole("d_vocab", 2, kMaxDimension),
                    values.whole("d_model", 1, kMaxDimension), values.whole("d_head", 1, kMaxDimension)};
    config.train.steps = values.whole("steps", 1, 100'000'000);
    config.train.batch = values.whole("batch", 1, 1 << 20);
    config.train.learning_rate = values.real("learning_rate", 0, 1e3);
    config.train.beta1 = values.real("beta1", 0, 1);
    config.train.beta2 = values.real("beta2", 0, 1);
    config.train.epsilon = values.real("epsilon", 0, 1);
    config.train.weight_decay = values.real("weight_decay", 0, 1e3);
    config.seeds = values.seeds();
    config.strategies = values.text("strategies");
    return config;
}

std::string config_hash(const Config& config) {
    const auto& t = config.train;
    const Json canonical = {{"n_ctx", config.shape.n_ctx},
                            {"d_vocab", config.shape.d_vocab},
                            {"d_model", config.shape.d_model},
                            {"d_head", config.shape.d_head},
                            {"steps", t.steps},
                            {"batch", t.batch},
                            {"learning_rate", t.learning_rate},
                            {"beta1", t.beta1},
                            {"beta2", t.beta2},
                            {"epsilon", t.epsilon},
                            {"weight_decay", t.weight_decay}};
    return sha256_hex(canonical.dump());
}

}  // namespace maxcert
