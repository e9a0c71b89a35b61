// Whatever is counted next narrows the bracket soonest for its work: a single output on a finer grid, or what
// two outputs share.
#include "certify/strategies/bracket/counted_part.hpp"

#include <algorithm>

namespace maxcert {
namespace {

constexpr std::size_t kFirstGrid = 128, kFirstPairGrid = 32, kMeanGrid = 512;
constexpr std::size_t kFinestGrid = std::size_t{1} << 21, kFinestPairGrid = 512;
constexpr std::size_t kPaired = 24;  // outputs, the likeliest, whose pairs are looked at

/// The mean of two sums, of which upper ends alone are used.
Event upper_mean(const RoundUpward&, const Event& a, const Event& b) {
    Event mean = a;
    for (std::size_t j = 0; j < a.upper.size(); ++j) mean.upper[j] = 0.5 * (a.upper[j] + b.upper[j]);
    mean.constant_upper = 0.5 * (a.constant_upper + b.constant_upper);
    return mean;
}

}  // namespace

double CountedPart::Tally::promise() const {
    if (grid > (pair() ? kFinestPairGrid : kFinestGrid)) return 0;
    return (pair() ? 0.5 : 0.75) * (hope_below + hope_above) / price;
}

CountedPart::CountedPart(const RoundUpward& up, const Part& part, std::uint64_t& work)
    : up_(up),
      fillings_(part.fillings),
      terms_(static_cast<double>(fillings_.positions() * fillings_.tokens())) {
    for (const Event& wins : part.wins) {
        singles_.push_back({{&wins}, {0, fillings_.size()}, kFirstGrid, 0});
        count(singles_.back(), {true, true}, work);
    }
    std::stable_sort(singles_.begin(), singles_.end(),
                     [](const Tally& a, const Tally& b) { return a.range.most > b.range.most; });
    while (!singles_.empty() && singles_.back().range.most == 0) singles_.pop_back();
    for (std::size_t k = 0; k < std::min(kPaired, singles_.size()); ++k) {
        const Tally& next = singles_[k];
        for (std::size_t j = 0; j < k; ++j) {
            pairs_.push_back(
                {{singles_[j].wins[0], next.wins[0]}, {0, next.range.most}, 0, terms_ * kMeanGrid});
        }
    }
    bound();
}

void CountedPart::refine(std::uint64_t& work) {
    // What two outputs share at most matters below, at least above.
    const bool pair = best_->pair();
    count(*best_, {!pair || best_->hope_above > 0, !pair || best_->hope_below > 0}, work);
    bound();
}

void CountedPart::count(Tally& tally, const Ends<bool>& wanted, std::uint64_t& work) {
    const std::uint64_t before = work;
    if (tally.grid == 0) {
        // Where both outputs win, the mean of their sums is >= 0 too: a cheap bound, good for most pairs.
        const Event mean = upper_mean(up_, *tally.wins[0], *tally.wins[1]);
        const CountRange mean_wins = count_on_grid(up_, fillings_, {&mean}, {false, true}, kMeanGrid, work);
        tally.range.most = std::min(tally.range.most, mean_wins.most);
        tally.grid = kFirstPairGrid;
        tally.price = terms_ * static_cast<double>(kFirstPairGrid * kFirstPairGrid);
        return;
    }
    const CountRange found = count_on_grid(up_, fillings_, tally.wins, wanted, tally.grid, work);
    tally.range.least = std::max(tally.range.least, found.least);
    tally.range.most = std::min(tally.range.most, found.most);
    tally.grid *= tally.pair() ? 2 : 4;
    tally.price = 4 * static_cast<double>(work - before);
}

// Upper end: outputs and pairs that form a forest, Hunter's bound. Lower end: outputs and their pairs,
// Bonferroni's bound; an output joins while it adds something.
void CountedPart::bound() {
    wrong_ = {0, 0};
    Count sum_least = 0;
    std::vector<std::size_t> summed;
    for (std::size_t k = 0; k < singles_.size(); ++k) {
        Tally& next = singles_[k];
        next.hope_above = next.range.open();
        wrong_.least = std::max(wrong_.least, next.range.least);
        wrong_.most += next.range.most;
        if (k >= kPaired) continue;
        Tally* const pairs = pairs_.data() + k * (k - 1) / 2;
        Count shared = 0, gain = next.range.least, hope = gain;
        for (std::size_t j = 0; j < k; ++j) {
            pairs[j].range.most = std::min(pairs[j].range.most, next.range.most);
            shared = std::max(shared, pairs[j].range.least);
        }
        for (std::size_t j = 0; j < k; ++j) {
            pairs[j].hope_above = std::max(0.0, Count(pairs[j].range.most - shared).get_d());
            pairs[j].hope_below = 0;
        }
        wrong_.most -= shared;
        for (const std::size_t j : summed) gain -= pairs[j].range.most, hope -= pairs[j].range.least;
        if (hope <= 0) continue;
        for (const std::size_t j : summed) {
            const Count more = hope - std::max(gain, Count(0));
            pairs[j].hope_below = std::min(pairs[j].range.open(), more.get_d());
        }
        if (gain <= 0) continue;
        sum_least += gain;
        summed.push_back(k);
    }
    wrong_.least = std::max(wrong_.least, sum_least);
    wrong_.most = std::min(wrong_.most, fillings_.size());
    best_ = nullptr;
    for (auto* tallies : {&singles_, &pairs_}) {
        for (Tally& t : *tallies) {
            if (t.promise() > promise()) best_ = &t;
        }
    }
}

}  // namespace maxcert
