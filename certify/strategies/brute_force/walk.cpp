// Most groups are settled by bounds over whole rows before anything is walked; queries are independent, so
// they run side by side and the counts are added.
#include "certify/strategies/brute_force/walk.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>

#include "certify/strategies/brute_force/subtree.hpp"
#include "certify/strategies/terms/query_tables.hpp"
#include "data/base/parallel.hpp"

namespace maxcert {
namespace {

/// The outputs that no bound over whole rows excludes.
void active_outputs(QueryTables& tables, std::size_t m, std::vector<float>& bounds,
                    std::vector<std::uint32_t>& outputs) {
    const bool bounded = tables.bound_outputs(End::upper, m, bounds);
    outputs.clear();
    for (std::uint32_t x = 0; x < tables.d_vocab(); ++x) {
        if (x != m && !(bounded && bounds[x] < 0)) outputs.push_back(x);
    }
}

/// Does one of them win in every sequence, by the same bounds?
bool surely_wrong(QueryTables& tables, std::size_t m, std::vector<float>& bounds,
                  const std::vector<std::uint32_t>& outputs) {
    return tables.bound_outputs(End::lower, m, bounds) &&
           std::any_of(outputs.begin(), outputs.end(), [&](std::uint32_t x) { return bounds[x] <= 0; });
}

/// The margins from the largest to the smallest, by index.
std::vector<std::size_t> descending(const std::vector<Interval>& margins) {
    std::vector<std::size_t> order(margins.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&margins](std::size_t a, std::size_t b) {
        return margins[a].upper() > margins[b].upper();
    });
    return order;
}

/// All sequences with one query; adds to one count per margin. False if it ended early.
bool walk_query(const Paths<Interval>& paths, const SplitPaths& split, std::size_t q,
                const WalkRequest& request, const Kernels& kernels, std::vector<WalkCounts>& counts) {
    const RoundUpward up;
    const std::size_t d_vocab = split.d_vocab, n_ctx = split.n_ctx;
    QueryTables tables(up, paths, split, q, kernels);
    Subtree subtree(up, request, kernels, d_vocab, n_ctx);
    const auto other = request.other_walk ? request.other_walk() : nullptr;
    const std::vector<std::size_t> order = descending(request.margins);
    std::vector<float> bounds;
    std::vector<std::uint32_t> outputs;
    for (std::size_t m = q; m < (n_ctx == 1 ? q + 1 : d_vocab); ++m) {
        const std::uint64_t sequences = subtree.sequences(m, m == q);
        double all_right_at = -1;  // every sequence leads by more than this
        for (const std::size_t d : order) {
            if (stop_requested() || request.deadline.passed()) return false;
            if (!request.tied.empty() && request.tied[m]) {
                counts[d].wrong += sequences;
                continue;
            }
            if (request.margins[d].upper() <= all_right_at) {
                counts[d].right += sequences;
                continue;
            }
            tables.set_margin(request.margins[d]);
            active_outputs(tables, m, bounds, outputs);
            if (outputs.empty()) all_right_at = request.margins[d].upper();
            if (!outputs.empty() && surely_wrong(tables, m, bounds, outputs)) {
                counts[d].wrong += sequences;
                continue;
            }
            const bool whole = other && other->takes(tables, m, outputs)
                                   ? other->walk(counts[d])
                                   : subtree.walk(tables, m, d, outputs, counts[d]);
            if (!whole) return false;
        }
    }
    return true;
}

}  // namespace

WalkResult walk_sequences(const Paths<Interval>& paths, const WalkRequest& request) {
    const Kernels& kernels = request.kernels != nullptr ? *request.kernels : *available_kernels().front();
    const std::size_t d_vocab = paths.EVOU.rows();
    const SplitPaths split(paths);
    std::vector<std::vector<WalkCounts>> by_query(d_vocab, std::vector<WalkCounts>(request.margins.size()));
    std::atomic<bool> complete{true};
    std::mutex progress;
    std::size_t done = 0;
    parallel_for(d_vocab, request.threads, [&](std::size_t q) {
        // Tables that the deadline interrupts end the walk of this query alike.
        bool whole = false;
        if (request.deadline.passed() ||
            !within_time([&] { whole = walk_query(paths, split, q, request, kernels, by_query[q]); }) ||
            !whole) {
            complete = false;
        }
        const std::lock_guard<std::mutex> lock(progress);
        ++done;
        if (request.on_progress) {
            request.on_progress(static_cast<double>(done) / static_cast<double>(d_vocab));
        }
    });
    WalkResult result;
    result.complete = complete;
    result.counts.resize(request.margins.size());
    for (const auto& counts : by_query) {
        for (std::size_t d = 0; d < counts.size(); ++d) result.counts[d] += counts[d];
    }
    return result;
}

}  // namespace maxcert
