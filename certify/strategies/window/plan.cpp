// Plans are read from JSON. Blocks must cover the tokens up to the maximum once each; within that any
// plan is sound.
#include "certify/strategies/window/plan.hpp"

#include <algorithm>

namespace maxcert {
namespace {

/// Ascending from 0, so that the classes are not empty and leave no output out.
ClassStarts starts_from_json(const Json& list, std::size_t d_vocab) {
    if (!list.is_array() || list.empty()) reject_hint("outputs", "each is a list of outputs");
    ClassStarts starts;
    for (const Json& one : list) {
        const std::size_t least = starts.empty() ? 0 : starts.back() + 1;
        starts.push_back(whole_number(one, "outputs", least, starts.empty() ? 0 : d_vocab - 1));
    }
    return starts;
}

Partition partition_from_json(const Json& sizes) {
    if (!sizes.is_array() || sizes.empty() || sizes.size() > kMaxBlocks) {
        reject_hint("partitions", "each is a list of 1.." + std::to_string(kMaxBlocks) + " block sizes");
    }
    Partition partition;
    for (const Json& size : sizes) {
        partition.push_back(static_cast<unsigned>(whole_number(size, "partitions", 1, kMaxDimension)));
    }
    if (partition[0] != 1) reject_hint("partitions", "the maximum must be a block of its own");
    return partition;
}

}  // namespace

std::vector<Block> blocks_of(const Partition& partition, std::size_t m) {
    std::vector<Block> blocks;
    std::size_t left = m + 1;
    for (const unsigned size : partition) {
        if (left == 0) break;
        const std::size_t taken = std::min<std::size_t>(size, left);
        blocks.push_back({left - taken, left - 1});
        left -= taken;
    }
    if (left > 0) blocks.push_back({0, left - 1});
    return blocks;
}

std::vector<ClassStarts> outputs_around(std::size_t d_vocab, std::size_t below, std::size_t above) {
    std::vector<ClassStarts> outputs(d_vocab, ClassStarts{0});
    for (std::size_t m = 0; m < d_vocab; ++m) {
        const std::size_t first = m > below ? m - below : 1, last = std::min(m + above + 1, d_vocab - 1);
        for (std::size_t x = first; x <= last; ++x) outputs[m].push_back(x);
    }
    return outputs;
}

WindowPlan uniform_plan(unsigned window, std::size_t d_vocab) {
    constexpr unsigned kMiddle = 4;
    Partition partition(window, 1);
    partition.push_back(kMiddle);
    WindowPlan plan{outputs_around(d_vocab, window - 1, 1), {partition}, {}};
    plan.choice.assign(pair_index(0, d_vocab), 1);
    return plan;
}

WindowPlan read_plan(HintFields& hints, std::size_t d_vocab) {
    WindowPlan plan;
    const Json& outputs = hints.array("outputs");
    if (outputs.size() != d_vocab) reject_hint("outputs", "not one list for each maximum");
    for (const Json& starts : outputs) plan.outputs.push_back(starts_from_json(starts, d_vocab));
    const Json& partitions = hints.array("partitions");
    if (partitions.size() > kMaxPartitions) reject_hint("partitions", "too many");
    for (const Json& sizes : partitions) plan.partitions.push_back(partition_from_json(sizes));
    const Json& choice = hints.array("choice");
    if (choice.size() != pair_index(0, d_vocab)) {
        reject_hint("choice", "there are " + std::to_string(pair_index(0, d_vocab)) +
                                  " pairs of a query and a maximum");
    }
    for (const Json& one : choice) {
        plan.choice.push_back(
            static_cast<std::uint8_t>(whole_number(one, "choice", 0, plan.partitions.size())));
    }
    return plan;
}

bool machine_integers_do(const Shape& shape) {
    constexpr std::size_t most = 63;
    return shape.n_ctx <= most && mpz_sizeinbase(power(shape.d_vocab, shape.n_ctx).get_mpz_t(), 2) <= most;
}

}  // namespace maxcert
