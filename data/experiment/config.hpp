// One experiment: the shape of the models, how they are trained, their seeds and what to prove of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert {

struct TrainConfig {
    std::uint32_t steps = 3000;
    std::uint32_t batch = 128;
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.01;
};

struct Config {
    std::string file;  ///< where it was read from
    std::string name;  ///< e.g. max-of-4; names the default results folder
    Shape shape{4, 64, 32, 32};
    TrainConfig train;
    std::vector<std::uint64_t> seeds;
    std::string strategies = "all";  ///< default of --strategies
};

/// Reads a `key = value` file (Boost.Program_options); a relative path that is not there, from those that
/// come with the program (data/installed.hpp). Throws InputError naming file, key and remedy for unknown
/// keys, missing seeds, and values out of range.
Config load_config(const std::string& path);

/// The same from text in memory; `name` stands for the file in messages.
Config parse_config(const std::string& text, const std::string& name);

/// Hex SHA-256 of the canonical text of shape and training: not of seeds, strategies, name or file.
std::string config_hash(const Config& config);

}  // namespace maxcert
