// A results folder: where `run` puts what it finished, and how it is read back.
//   config.json                      what every record of the folder belongs to
//   seed-123/weights.safetensors     the trained model
//   seed-123/model.json              how it was trained, and the study of it
//   seed-123/certificates.jsonl.zst  a certificate a line, one for each strategy (data/results/record.hpp)
//   summary.csv                      a row for each seed and strategy, made from the certificates
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/base/json.hpp"
#include "data/results/record.hpp"

namespace maxcert {

/// What a seed's certificate file holds.
struct SeedCertificates {
    struct Entry {
        std::string line;                         ///< as it is in the file, without its end
        std::optional<CertificateRecord> record;  ///< without hints; nothing if the line is no certificate
    };
    std::map<std::string, Entry> by_strategy;
    std::size_t unreadable_lines = 0;  ///< of no strategy that could be made out
    std::string damage;                ///< not empty: why the whole file cannot be read
};

/// Of this program's folders. Before it there was a file for every certificate.
constexpr int kResultsLayout = 2;

/// A folder's config.json if it is whole. Throws InputError if it is of an older layout.
std::optional<Json> results_config(const std::string& path);

/// An existing folder, for reading; writable_folder.hpp adds to it.
class Results {
  public:
    /// Throws InputError when it is none, or of an older layout.
    static Results existing(const std::string& folder);

    const std::string& folder() const { return folder_; }
    const Json& config() const { return config_; }
    std::string seed_folder(std::uint64_t seed) const;
    std::string weights_file(std::uint64_t seed) const;
    std::string certificates_file(std::uint64_t seed) const;
    /// Seeds with a folder, ascending.
    std::vector<std::uint64_t> seeds() const;

    /// The seed's model.json if it is whole and of this configuration.
    std::optional<Json> model(std::uint64_t seed) const;

    SeedCertificates certificates(std::uint64_t seed) const;

  protected:
    explicit Results(std::string folder) : folder_(std::move(folder)) {}

    std::string folder_;
    Json config_;
};

}  // namespace maxcert
