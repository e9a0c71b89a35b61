// The sequences that hold the heaviest token are one part; those without it are split on by the next. Without
// heavy tokens sums are small, and the step of the grid with them.
#include "certify/strategies/bracket/parts.hpp"

#include <algorithm>
#include <cmath>

namespace maxcert {
namespace {

/// The token with the largest term in size; the required ones do not count. fillings.tokens if there is none.
std::size_t heaviest_token(const Part& part) {
    const std::size_t tokens = part.fillings.tokens(), positions = part.fillings.positions();
    std::size_t heaviest = tokens;
    double weight = -1;
    for (std::size_t t = 0; t < tokens; ++t) {
        if (part.fillings.requires_token(t)) continue;
        for (const Event& e : part.wins) {
            for (std::size_t i = 0; i < positions; ++i) {
                const double size = std::fabs(e.upper[i * tokens + t]);
                if (size > weight) weight = size, heaviest = t;
            }
        }
    }
    return heaviest;
}

/// The entries of a table by position and token but those of one token.
std::vector<double> without(const std::vector<double>& entries, std::size_t tokens, std::size_t token) {
    std::vector<double> rest;
    rest.reserve(entries.size());
    for (std::size_t j = 0; j < entries.size(); ++j) {
        if (j % tokens != token) rest.push_back(entries[j]);
    }
    return rest;
}

void leave_out(Part& part, std::size_t token) {
    for (Event& e : part.wins) {
        e.upper = without(e.upper, part.fillings.tokens(), token);
        e.lower = without(e.lower, part.fillings.tokens(), token);
    }
    std::vector<std::size_t> required = part.fillings.required();
    for (std::size_t& t : required) t -= t > token ? 1 : 0;
    part.fillings = {part.fillings.tokens() - 1, part.fillings.positions(), std::move(required)};
}

/// Leaves out outputs that win nowhere in the part, or only where another one does.
void prune(const RoundUpward& up, Part& part, std::uint64_t& work) {
    const auto hopeless = [&](const Event& e) {
        work += e.upper.size();
        return !possible(up, part.fillings, e);
    };
    part.wins.erase(std::remove_if(part.wins.begin(), part.wins.end(), hopeless), part.wins.end());
    prune_dominated(part.wins, work);
}

}  // namespace

std::vector<Part> parts_of(const RoundUpward& up, const GroupTerms& terms, std::size_t splits,
                           std::uint64_t& work) {
    std::vector<Part> parts;
    Part rest{terms.group.fillings(), terms.wins};
    while (parts.size() < splits && !rest.wins.empty() && rest.fillings.tokens() > 1) {
        const std::size_t token = heaviest_token(rest);
        if (token == rest.fillings.tokens()) break;
        Part with = rest;
        std::vector<std::size_t> required = rest.fillings.required();
        required.push_back(token);
        with.fillings = {rest.fillings.tokens(), rest.fillings.positions(), std::move(required)};
        prune(up, with, work);
        parts.push_back(std::move(with));
        leave_out(rest, token);
        prune(up, rest, work);
    }
    parts.push_back(std::move(rest));
    return parts;
}

}  // namespace maxcert
