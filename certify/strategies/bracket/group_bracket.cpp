// From counts of single outputs to a bracket for the group: the sum over outputs bounds how many are wrong
// from above, the largest and the joint counts from below (SOUNDNESS T5b). Floating counts become integers
// rounded outward.
#include "certify/strategies/bracket/group_bracket.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "certify/strategies/bracket/convolution.hpp"
#include "certify/strategies/bracket/parts.hpp"

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

constexpr std::size_t kSummedOutputs = 8;  // of the likeliest, in the lower end

constexpr std::size_t kFirstGrid = 512;  // on which everything is counted once

/// A number of sequences: at least, and at most.
struct CountRange {
    Count least = 0, most = 0;
};

/// Outputs, or groups of outputs, that may win.
struct Cluster {
    Event event;
    CountRange count;
    std::size_t grid = 0;  ///< of the count

    Count open() const { return count.most - count.least; }
};

/// Parts with the outputs that may win there, likeliest first. Those that leave most open are counted again
/// on finer grids, up to `grid`.
struct CountedPart {
    Fillings fillings;
    std::vector<Cluster> clusters;
};
std::vector<CountedPart> counted(const std::vector<Part>& parts, std::size_t grid, std::uint64_t& work) {
    std::vector<CountedPart> all;
    for (const Part& part : parts) {
        all.push_back({part.fillings, {}});
        for (const Event& wins : part.wins) all.back().clusters.push_back({wins, {0, part.fillings.size()}});
    }
    Count most_open = 0;  // by one output, after the grid before this one
    for (std::size_t now = std::min(grid, kFirstGrid); now <= grid; now *= 4) {
        Count still_open = 0;
        for (CountedPart& part : all) {
            for (Cluster& c : part.clusters) {
                if (c.open() * 4 >= most_open) {
                    c.count.least =
                        std::max(c.count.least, at_least(count_at_least(part.fillings, c.event, now, work)));
                    c.count.most = at_most(count_at_most(part.fillings, c.event, now, work), c.count.most);
                    c.grid = now;
                }
                still_open = std::max(still_open, c.open());
            }
        }
        most_open = still_open;
        if (most_open == 0) break;
    }
    for (auto& [fillings, clusters] : all) {
        std::stable_sort(clusters.begin(), clusters.end(),
                         [](const Cluster& a, const Cluster& b) { return a.count.most > b.count.most; });
        while (!clusters.empty() && clusters.back().count.most == 0) clusters.pop_back();
    }
    return all;
}

/// Bounds the union of the clusters of a part. What two of them share is counted where it may be more than a
/// share of what the grid leaves open.
CountRange union_on_grid(const RoundUpward& up, const CountedPart& part, bool joint, std::uint64_t& work) {
    const auto& [fillings, clusters] = part;
    const Count size = fillings.size();
    Count open = 0;
    for (const Cluster& c : clusters) open += c.open();
    const auto matters = [&](const Count& shared) { return joint && shared * 4 > open; };
    // Lower end, by Bonferroni: over some outputs the sum of their own lower counts, less what each pair can
    // share at most. Outputs join while they add something.
    CountRange all;
    for (const Cluster& c : clusters) all.least = std::max(all.least, c.count.least);
    std::vector<const Cluster*> summed;
    Count sum_least = 0;
    for (std::size_t k = 0; k < std::min(clusters.size(), kSummedOutputs); ++k) {
        const Cluster& next = clusters[k];
        Count gain = next.count.least;
        if (!matters(gain)) continue;
        for (const Cluster* c : summed) {
            if (gain <= 0) break;
            const std::size_t grid = std::max(c->grid, next.grid);
            const Count shared =
                at_most(count_at_most(fillings, average(up, c->event, next.event), grid, work), size);
            gain -= std::min({shared, c->count.most, next.count.most});
        }
        if (gain <= 0) continue;
        sum_least += gain;
        summed.push_back(&next);
    }
    all.least = std::max(all.least, sum_least);

    // Upper end, by events that hold whenever an output of a cluster wins: an output joins the cluster that
    // saves most against adding both up, or else starts one, less what it surely shares with one earlier
    // cluster. These pairs form a tree: Hunter's bound. A cluster that grows later shares no less.
    std::vector<Cluster> joined;
    for (const Cluster& next : clusters) {
        Count best_gain = 0;
        std::size_t best = joined.size();
        Cluster merged;
        Count gain_by_sharing = 0;
        for (std::size_t k = 0; k < joined.size(); ++k) {
            if (!matters(std::min(joined[k].count.most, next.count.most))) continue;
            const std::size_t grid = std::max(joined[k].grid, next.grid);
            Cluster candidate{either(joined[k].event, next.event), {}, grid};
            candidate.count.most = at_most(count_at_most(fillings, candidate.event, grid, work), size);
            const Count gain = joined[k].count.most + next.count.most - candidate.count.most;
            if (gain > best_gain) best_gain = gain, best = k, merged = std::move(candidate);
            const Count shared =
                at_least(count_at_least(fillings, both(joined[k].event, next.event), grid, work));
            if (shared > gain_by_sharing) gain_by_sharing = shared;
        }
        if (best < joined.size() && best_gain >= gain_by_sharing) {
            all.most -= best_gain;
            all.most += next.count.most;
            joined[best] = std::move(merged);
        } else {
            all.most += next.count.most - gain_by_sharing;
            joined.push_back(next);
        }
    }
    return all;
}

}  // namespace

Bracket bracket_of_wrong(const Group& group, double least, double most) {
    return {group.size() - at_most(most, group.size()),
            group.size() - std::min(at_least(least), group.size())};
}

Bracket convolution_bracket(const RoundUpward& up, const GroupTerms& terms, int level, std::uint64_t& work) {
    const auto splits = 2 * static_cast<std::size_t>(std::min(level, 4));
    const std::size_t grid = std::size_t{128} << (2 * level);
    CountRange wrong;
    for (const CountedPart& part : counted(parts_of(up, terms, splits, work), grid, work)) {
        const CountRange there = union_on_grid(up, part, level > 0, work);
        wrong.least += there.least;
        wrong.most += std::min(there.most, part.fillings.size());
    }
    const Count size = terms.group.size();
    return {size - std::min(wrong.most, size), size - std::min(wrong.least, size)};
}

}  // namespace maxcert
