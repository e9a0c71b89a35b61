// A group in parts, by the heaviest token that occurs: each on a grid of its own (SOUNDNESS T5b, "Parts").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// Sequences in which some tokens do not occur and others must; tokens are numbered anew.
struct Part {
    Fillings fillings;
    std::vector<Event> wins;  ///< that are possible, and happen not only where another does
};

/// At most `splits` + 1 parts, disjoint, which hold every sequence of the group in which some output wins.
/// `work` grows by the operations spent.
std::vector<Part> parts_of(const RoundUpward& up, const GroupTerms& terms, std::size_t splits,
                           std::uint64_t& work);

}  // namespace maxcert
