// The sequences that a model gets wrong, found with the same enclosures that count them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "certify/failures/lead.hpp"
#include "certify/proof/checker.hpp"

namespace maxcert {

struct Failure {
    std::vector<std::uint32_t> tokens;  ///< [n_ctx], the query last
    std::uint32_t maximum = 0;
    Lead lead;  ///< of the winner over the maximum; lower >= 0 where the sequence is proved wrong
};

struct FailureSearch {
    /// Look at every sequence; otherwise at `nodes` prefixes a group (query, maximum), those first that speak
    /// most for a wrong output, and stop a group at `examples` sequences.
    bool every = true;
    std::uint64_t nodes = 100000;
    std::size_t examples = 1;
};

struct FailureList {
    std::vector<Failure> wrong, undecided;  ///< by query, then maximum
    bool every =
        true;  ///< false: there may be others, because of the search's limits, a deadline or a stop request
};

/// The sequences at whose maximum the logit is proved not to be above all others, and those of which neither
/// is proved (at options.max_bits). Honours options.threads, time_limit_s and stop requests (options.margin
/// is not used: it is 0); the result does not depend on threads. A model of one token has no failures.
FailureList find_failures(Model& model, const CheckOptions& options, const FailureSearch& search);

}  // namespace maxcert
