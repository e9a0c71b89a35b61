// By edit distance (Levenshtein): the lists are short, so the plain table of it is fast enough.
#include "data/cli/did_you_mean.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace maxcert {
namespace {

/// The least number of letters to insert, delete or replace.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({replaced, row[j] + 1, row[j + 1] + 1}));
        }
    }
    return row.back();
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
    const auto nearest =
        std::min_element(candidates.begin(), candidates.end(),
                         [&](const auto& a, const auto& b) { return distance(word, a) < distance(word, b); });
    if (nearest == candidates.end()) return {};
    if (3 * distance(word, *nearest) > std::max<std::size_t>(word.size(), 3)) return {};
    return "; did you mean " + *nearest + "?";
}

}  // namespace maxcert
