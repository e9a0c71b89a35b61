// How results are shown: a table for people, JSON and CSV for programs.
#pragma once

#include <string>
#include <vector>

#include "data/results/record.hpp"

namespace maxcert {

/// `table`, `json` (one array) or `csv` of records. Throws UsageError for other formats.
std::string format_results(const std::vector<CertificateRecord>& records, const std::string& format);

/// Of each margin and radius the best of each family, and every record that no other beats with at most as
/// many operations; the shortest proofs first.
std::vector<CertificateRecord> worth_reading(const std::vector<CertificateRecord>& records);

}  // namespace maxcert
