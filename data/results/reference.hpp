// Whether trained weights are those of data/reference, bit for bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/results/folder.hpp"

namespace maxcert {

/// How many models of a results folder have the weights that this configuration and seed gave in the
/// reference environment, and how many have others. Seeds without a model, and configurations without a
/// reference, count in neither.
struct ReferenceBits {
    std::size_t same = 0, other = 0;
};

ReferenceBits compare_with_reference(const Results& results, const std::string& config_name,
                                     const std::vector<std::uint64_t>& seeds);

/// One line that says so, with a line break; empty where there is nothing to say.
std::string reference_line(const ReferenceBits& bits);

}  // namespace maxcert
