// Coq's lists leave out the first block, which is always the maximum on its own, and the last, which is what
// is left. A plan's classes of outputs are left out as well: in Coq each output is looked at by itself, and
// most cannot win at all.
#include "certify/formalize/blocks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace maxcert {
namespace {

std::string below_the_maximum(const Partition& partition) {
    const std::size_t first = std::min<std::size_t>(1, partition.size());
    return fmt::format(
        "[{}]", fmt::join(partition.begin() + static_cast<std::ptrdiff_t>(first), partition.end(), "; "));
}

}  // namespace

std::string coq_blocks(const Partition& partition) {
    return fmt::format("uniform {}%nat", below_the_maximum(partition));
}

std::string coq_blocks(const WindowPlan& plan) {
    std::vector<std::string> partitions = {"[]"};  // choice 0
    for (const Partition& partition : plan.partitions) partitions.push_back(below_the_maximum(partition));
    std::vector<std::string> choices;
    for (std::size_t m = 0; pair_index(0, m) < plan.choice.size(); ++m) {
        std::vector<unsigned> of_queries;
        for (std::size_t q = 0; q <= m; ++q) of_queries.push_back(plan.choice[pair_index(q, m)]);
        choices.push_back(fmt::format("[{}]", fmt::join(of_queries, "; ")));
    }
    return fmt::format("chosen\n  [{}]%nat\n  [{}]%nat", fmt::join(partitions, "; "),
                       fmt::join(choices, ";\n   "));
}

}  // namespace maxcert
