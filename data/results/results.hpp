// A results folder: where `run` puts what it finished, and how it is read back.
//   config.json                       what every record of the folder belongs to
//   seed-123/weights.safetensors      the trained model
//   seed-123/model.json               how it was trained, and the study of it
//   seed-123/certificates/NAME.json   one certificate per strategy, which is the record of its result
//   summary.csv                       a row per (seed, strategy), made from the certificates
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/base/json.hpp"
#include "data/experiment/config.hpp"

namespace maxcert {

class Results {
  public:
    /// Opens the folder for writing, making it if needed. Throws InputError (with the remedy) when it holds
    /// results of another configuration, Error when nothing can be written there.
    static Results open(const std::string& folder, const Config& config);
    /// Opens an existing folder for reading. Throws InputError when it is none.
    static Results existing(const std::string& folder);

    const std::string& folder() const { return folder_; }
    const Json& config() const { return config_; }
    std::string seed_folder(std::uint64_t seed) const;
    std::string weights_file(std::uint64_t seed) const;
    /// Seeds with a folder, ascending.
    std::vector<std::uint64_t> seeds() const;

    /// The seed's model.json if it is whole and of this configuration.
    std::optional<Json> model(std::uint64_t seed) const;
    void write_model(std::uint64_t seed, const Json& model) const;

    /// The seed's certificates by file name: empty optional for what is no whole certificate of that name.
    std::map<std::string, std::optional<Json>> certificates(std::uint64_t seed) const;
    /// Whether a certificate is of this seed and configuration, and about these weights.
    bool belongs(std::uint64_t seed, const Json& certificate, const std::string& weights_sha256) const;
    void write_certificates(std::uint64_t seed,
                            const std::vector<std::pair<std::string, std::string>>& name_and_bytes) const;

    /// Writes summary.csv from all certificates that belong to a model here; returns the number of rows.
    std::size_t write_summary() const;

  private:
    explicit Results(std::string folder) : folder_(std::move(folder)) {}

    std::string folder_;
    Json config_;
};

/// File name of a strategy's certificate: its name with / as __, and .json.
std::string certificate_file_name(const std::string& strategy);

/// For people: of each seed its sampled accuracy and the best bound proved.
std::string results_table(const Results& results, const std::vector<std::uint64_t>& seeds);

/// A CSV table of an array of flat objects: columns in order of first appearance, nested values left out.
std::string csv_of(const Json& rows);

}  // namespace maxcert
