// Seeds are derived as the paper's code does, through MD5 of a JSON text, so that the same numbers name the
// same models.
#include "data/experiment/seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "data/base/errors.hpp"
#include "data/base/text.hpp"
#include "data/hashes/md5.hpp"

namespace maxcert {
namespace {

[[noreturn]] void refuse(const std::string& selection, const std::string& reason) {
    throw UsageError(
        fmt::format("--seeds {}: {} (give all, numbers with commas, first:N, @INDEX or @BLOCK/BLOCKS)",
                    selection, reason));
}

std::uint64_t number(const std::string& text, const std::string& selection) {
    const auto value = parse_u64(text);
    if (!value) refuse(selection, "'" + text + "' is not a whole number below 2^64");
    return *value;
}

/// `@I` and `@I/N`: one seed, or the I-th of N contiguous blocks whose sizes differ by at most one.
std::vector<std::uint64_t> block(const std::string& selection, const std::vector<std::uint64_t>& all) {
    const auto slash = selection.find('/');
    const bool single = slash == std::string::npos;
    const std::uint64_t index = number(selection.substr(1, single ? slash : slash - 1), selection);
    const std::uint64_t blocks = single ? all.size() : number(selection.substr(slash + 1), selection);
    if (index >= blocks) refuse(selection, fmt::format("there are only {} (numbered from 0)", blocks));
    if (blocks > all.size())
        refuse(selection, fmt::format("there are only {} seeds to share out", all.size()));
    const auto edge = [&](std::uint64_t i) {
        const std::uint64_t share = all.size() / blocks, rest = all.size() % blocks;
        return all.begin() + static_cast<std::ptrdiff_t>(share * i + std::min(i, rest));
    };
    return {edge(index), edge(index + 1)};
}

}  // namespace

std::uint32_t reseed(std::uint64_t x, const std::string& label) {
    const auto digest = md5(fmt::format("[{},\"{}\"]", x, label));
    return static_cast<std::uint32_t>(digest[0]) << 8 | static_cast<std::uint32_t>(digest[1]) << 16 |
           static_cast<std::uint32_t>(digest[2]) << 24;
}

std::uint32_t model_seed(std::uint64_t seed) {
    return reseed(seed, "model");
}

std::uint32_t dataset_seed(std::uint64_t seed) {
    return reseed(seed, "dataset_seed");
}

std::uint32_t train_seed(std::uint64_t seed) {
    return reseed(dataset_seed(seed), "train");
}

std::uint32_t test_seed(std::uint64_t seed) {
    return reseed(dataset_seed(seed), "test");
}

std::vector<std::uint64_t> select_seeds(const std::string& selection, const std::vector<std::uint64_t>& all) {
    if (selection == "all") return all;
    if (!selection.empty() && selection[0] == '@') return block(selection, all);
    if (selection.rfind("first:", 0) == 0) {
        const std::uint64_t n = number(selection.substr(6), selection);
        if (n == 0) refuse(selection, "selects nothing");
        return {all.begin(),
                all.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(n, all.size()))};
    }
    std::vector<std::uint64_t> seeds;
    for (const auto& item : split(selection, ',')) seeds.push_back(number(item, selection));
    if (std::set<std::uint64_t>(seeds.begin(), seeds.end()).size() != seeds.size()) {
        refuse(selection, "names a seed twice");
    }
    return seeds;
}

}  // namespace maxcert
