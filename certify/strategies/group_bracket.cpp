#include "certify/strategies/group_bracket.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "certify/strategies/convolution_count.hpp"

namespace maxcert {
namespace {

// A counted number of sequences as an integer, outward. `limit` is what there are at all.
Count at_most(double count, const Count& limit) {
    if (!(count < std::numeric_limits<double>::infinity())) return limit;
    const Count whole(std::ceil(std::max(count, 0.0)));
    return whole < limit ? whole : limit;
}
Count at_least(double count) {
    if (!(count > 0) || std::isinf(count)) return 0;
    return Count(std::floor(count));
}

Event average(const Event& a, const Event& b) {
    // Half the sum: where both happen it is >= 0, so an upper count of it bounds the intersection. Rounded
    // upward; its lower ends are not used.
    const RoundUpward up;
    Event c = a;
    for (std::size_t j = 0; j < a.upper.size(); ++j) c.upper[j] = 0.5 * (a.upper[j] + b.upper[j]);
    c.constant_upper = 0.5 * (a.constant_upper + b.constant_upper);
    return c;
}

constexpr std::size_t kSummedOutputs = 8;  // of the likeliest, in the lower end

/// Outputs, or groups of outputs, that may win.
struct Cluster {
    Event event;
    Count most, least;
};

}  // namespace

std::optional<Bracket> convolution_bracket(const GroupTerms& terms, int level, std::uint64_t& work,
                                           const std::function<bool()>& expired) {
    const Group& group = terms.group;
    const Count size = group.size();
    const std::size_t grid = grid_of_level(level);
    std::vector<Cluster> clusters;
    for (const Event& event : terms.wins) {
        if (expired()) return std::nullopt;
        clusters.push_back({event, at_most(count_at_most(group, event, grid, work), size),
                            at_least(count_at_least(group, event, grid, work))});
    }
    std::sort(clusters.begin(), clusters.end(),
              [](const Cluster& a, const Cluster& b) { return a.most > b.most; });
    while (!clusters.empty() && clusters.back().most == 0) clusters.pop_back();

    // Lower end of the union, by Bonferroni: over some outputs the sum of their own lower counts, less what
    // each pair can share at most. Outputs join while they add something.
    Count union_least = 0;
    for (const Cluster& c : clusters) union_least = std::max(union_least, c.least);
    std::vector<const Cluster*> summed;
    Count sum_least = 0;
    for (std::size_t k = 0; level > 0 && k < std::min(clusters.size(), kSummedOutputs); ++k) {
        const Cluster& next = clusters[k];
        Count gain = next.least;
        for (const Cluster* c : summed) {
            if (expired()) return std::nullopt;
            if (gain <= 0) break;
            const Count shared =
                at_most(count_at_most(group, average(c->event, next.event), grid, work), size);
            gain -= std::min({shared, c->most, next.most});
        }
        if (gain <= 0) continue;
        sum_least += gain;
        summed.push_back(&next);
    }
    union_least = std::max(union_least, sum_least);

    // Upper end, by events that hold whenever an output of a cluster wins: an output joins the cluster that
    // saves most against adding both up, or else starts one, less what it surely shares with one earlier
    // cluster. These pairs form a tree: Hunter's bound. A cluster that grows later shares no less.
    std::vector<Cluster> joined;
    Count union_most = 0;
    for (Cluster& next : clusters) {
        if (expired()) return std::nullopt;
        Count best_gain = 0;
        std::size_t best = joined.size();
        Cluster merged;
        Count gain_by_sharing = 0;
        for (std::size_t k = 0; level > 0 && k < joined.size(); ++k) {
            Cluster candidate;
            candidate.event = either(joined[k].event, next.event);
            candidate.most = at_most(count_at_most(group, candidate.event, grid, work), size);
            const Count gain = joined[k].most + next.most - candidate.most;
            if (gain > best_gain) best_gain = gain, best = k, merged = std::move(candidate);
            const Count shared =
                at_least(count_at_least(group, both(joined[k].event, next.event), grid, work));
            if (shared > gain_by_sharing) gain_by_sharing = shared;
        }
        if (best < joined.size() && best_gain >= gain_by_sharing) {
            union_most -= best_gain;
            union_most += next.most;
            joined[best] = std::move(merged);
        } else {
            union_most += next.most - gain_by_sharing;
            joined.push_back(std::move(next));
        }
    }

    Bracket b = open_bracket(group);
    if (union_most < size) b.right = size - union_most;
    b.upper = size - std::min(union_least, size);
    return b;
}

}  // namespace maxcert
