// From counts of single outputs to a bracket for the group: the sum over outputs bounds how many are wrong
// from above, the largest and the joint counts from below (SOUNDNESS T5b). Floating counts become integers
// rounded outward.
#include "certify/strategies/bracket/group_bracket.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "certify/strategies/bracket/convolution.hpp"
#include "certify/strategies/bracket/half_sums.hpp"
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

// Not inlined: no arithmetic may move across the change of rounding mode.
[[gnu::noinline]] Event average(const Event& a, const Event& b) {
    // Half the sum: where both happen it is >= 0, so an upper count of it bounds the intersection. Rounded
    // upward; its lower ends are not used.
    const RoundUpward up;
    Event c = a;
    for (std::size_t j = 0; j < a.upper.size(); ++j) c.upper[j] = 0.5 * (a.upper[j] + b.upper[j]);
    c.constant_upper = 0.5 * (a.constant_upper + b.constant_upper);
    return c;
}

constexpr std::size_t kSummedOutputs = 8;  // of the likeliest, in the lower end
constexpr std::size_t kPairedOutputs = 6;  // of the likeliest, when counting by halves

constexpr std::size_t kFirstGrid = 512;  // on which everything is counted once
constexpr std::size_t grid_of_level(int level) {
    return std::size_t{128} << (2 * level);
}
constexpr std::size_t splits_of_level(int level) {
    return 2 * static_cast<std::size_t>(std::min(level, 4));
}
constexpr int kLevelBesideHalves = 2;

/// Outputs, or groups of outputs, that may win.
struct Cluster {
    Event event;
    std::size_t output;  ///< index of the first one
    CountRange count;
    std::size_t grid = 0;  ///< of the count

    Count open() const { return count.most - count.least; }
};

Bracket bracket_of(const Group& group, const CountRange& wrong) {
    Bracket b = open_bracket(group);
    const Count size = b.upper;
    if (wrong.most < size) b.right = size - wrong.most;
    b.upper = size - std::min(wrong.least, size);
    return b;
}

/// Parts with the outputs that may win there, likeliest first. Those that leave most open are counted again
/// on finer grids, up to `grid`.
struct CountedPart {
    Fillings fillings;
    std::vector<Cluster> clusters;
};
std::optional<std::vector<CountedPart>> counted(const std::vector<Part>& parts, std::size_t grid,
                                                std::uint64_t& work, const std::function<bool()>& expired) {
    std::vector<CountedPart> all;
    for (const Part& part : parts) {
        all.push_back({part.fillings, {}});
        for (std::size_t k = 0; k < part.wins.size(); ++k) {
            all.back().clusters.push_back({part.wins[k], k, {0, part.fillings.size()}});
        }
    }
    Count most_open = 0;  // by one output, after the grid before this one
    for (std::size_t now = std::min(grid, kFirstGrid); now <= grid; now *= 4) {
        Count still_open = 0;
        for (CountedPart& part : all) {
            for (Cluster& c : part.clusters) {
                if (expired()) return std::nullopt;
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
std::optional<CountRange> union_on_grid(const CountedPart& part, bool joint, std::uint64_t& work,
                                        const std::function<bool()>& expired) {
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
            if (expired()) return std::nullopt;
            if (gain <= 0) break;
            const std::size_t grid = std::max(c->grid, next.grid);
            const Count shared =
                at_most(count_at_most(fillings, average(c->event, next.event), grid, work), size);
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
        if (expired()) return std::nullopt;
        Count best_gain = 0;
        std::size_t best = joined.size();
        Cluster merged;
        Count gain_by_sharing = 0;
        for (std::size_t k = 0; k < joined.size(); ++k) {
            if (!matters(std::min(joined[k].count.most, next.count.most))) continue;
            const std::size_t grid = std::max(joined[k].grid, next.grid);
            Cluster candidate{either(joined[k].event, next.event), joined[k].output, {}, grid};
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

/// The same bounds with the joint counts of pairs that hold the likeliest or the second likeliest output,
/// made by halves, which loses far less than a single sum that stands for both outputs. Needs two clusters.
std::optional<CountRange> union_by_halves(const GroupTerms& terms, const std::vector<Cluster>& clusters,
                                          std::uint64_t& work, const std::function<bool()>& expired) {
    std::vector<std::size_t> outputs;
    std::vector<OutputPair> pairs;
    for (std::size_t k = 0; k < std::min(clusters.size(), kPairedOutputs); ++k) {
        // What is rare against the likeliest is not worth the time.
        if (k >= 2 && clusters[k].count.most * 512 < clusters[0].count.most) break;
        outputs.push_back(clusters[k].output);
        if (k >= 1) pairs.push_back({0, k});
        if (k >= 2 && clusters[k].count.most * 16 > clusters[0].count.most) pairs.push_back({1, k});
    }
    const auto counts = count_by_halves(terms, outputs, pairs, work, expired);
    if (!counts) return std::nullopt;
    std::vector<CountRange> alone;
    for (std::size_t k = 0; k < clusters.size(); ++k) {
        CountRange range = clusters[k].count;
        if (k < outputs.size()) {
            range = {std::max(range.least, counts->alone[k].least),
                     std::min(range.most, counts->alone[k].most)};
        }
        alone.push_back(range);
    }
    const auto together = [&](std::size_t j, std::size_t k) {
        const auto at = std::find(pairs.begin(), pairs.end(), OutputPair{j, k});
        return at != pairs.end() ? counts->together[static_cast<std::size_t>(at - pairs.begin())]
                                 : CountRange{0, std::min(alone[j].most, alone[k].most)};
    };
    CountRange all = alone[0];
    std::vector<std::size_t> summed{0};
    for (std::size_t k = 1; k < alone.size(); ++k) {
        all.most += alone[k].most - std::max(together(0, k).least, k > 1 ? together(1, k).least : Count(0));
        Count gain = alone[k].least;
        for (const std::size_t j : summed) gain -= together(j, k).most;
        if (gain <= 0) continue;
        all.least += gain;
        summed.push_back(k);
    }
    return all;
}

}  // namespace

Bracket bracket_of_wrong(const Group& group, double least, double most) {
    return bracket_of(group, {at_least(least), at_most(most, group.size())});
}

bool counted_by_halves(const GroupTerms& terms, int level) {
    return level >= kHalvesLevel && terms.wins.size() > 1 && fillings_of_half(terms.group) > 0;
}

std::uint64_t work_of_halves(const GroupTerms& terms) {
    return 8 * fillings_of_half(terms.group) * std::min(terms.wins.size(), kPairedOutputs);
}

std::optional<Bracket> convolution_bracket(const RoundUpward& up, const GroupTerms& terms, int level,
                                           std::uint64_t& work, const std::function<bool()>& expired) {
    const bool halves = counted_by_halves(terms, level);
    const std::size_t grid = grid_of_level(halves ? kLevelBesideHalves : level);
    Bracket all = open_bracket(terms.group);
    CountRange wrong{0, 0};
    const auto parts =
        counted(parts_of(up, terms, halves ? 0 : splits_of_level(level), work), grid, work, expired);
    if (!parts) return std::nullopt;
    for (const CountedPart& part : *parts) {
        const auto on_grid = union_on_grid(part, level > 0, work, expired);
        if (!on_grid) return std::nullopt;
        wrong.least += on_grid->least;
        wrong.most += std::min(on_grid->most, part.fillings.size());
        if (halves && part.clusters.size() > 1 && on_grid->least < on_grid->most) {
            const auto by_halves = union_by_halves(terms, part.clusters, work, expired);
            if (expired()) return std::nullopt;
            if (by_halves) all.intersect(bracket_of(terms.group, *by_halves));
        }
    }
    all.intersect(bracket_of(terms.group, wrong));
    return all;
}

}  // namespace maxcert
