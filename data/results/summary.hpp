// All results of a folder at a glance: summary.csv for programs, and a table for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/results/folder.hpp"

namespace maxcert {

/// A model and the best that is proved of it.
struct SeedSummary {
    std::uint64_t seed = 0;
    double sampled_accuracy = 0;
    std::size_t certificates = 0;
    std::optional<CertificateRecord> best;  ///< the record of the largest bound
};

/// Writes summary.csv from all certificates that are of a model here, seed by seed. In ascending order of
/// seeds.
std::vector<SeedSummary> write_summary(const Results& results, unsigned threads);

/// For people: of each of these seeds its sampled accuracy and the best bound proved.
std::string results_table(const std::vector<SeedSummary>& summary, const std::vector<std::uint64_t>& seeds);

}  // namespace maxcert
