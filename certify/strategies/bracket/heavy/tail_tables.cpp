// Shares are floats, rounded outward: 24 bits lose less than the grid does, and twice as many fit a register.
#include "certify/strategies/bracket/heavy/tail_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "certify/strategies/bracket/grid/offset.hpp"
#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

constexpr float kSmallestShare = 1e-30f;  // below it shares become this or 0: no denormal numbers

/// Adds `share` to the first `sure` entries and factor * from to the next `open` ones, rounding upward.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void add_tail(float* __restrict to, float share, std::size_t sure,
                                        const float* __restrict from, float factor, std::size_t open) {
    for (std::size_t j = 0; j < sure; ++j) to[j] += share;
    for (std::size_t j = 0; j < open; ++j) to[sure + j] += factor * from[j];
}

}  // namespace

/// Of one output and end, the tokens from one rank on: their terms in steps, by class, and the tables.
struct TailTables::Level {
    std::size_t rank;
    End end;
    double inverse_step = 1;
    struct Class {
        double offset = 0;
        std::int32_t of_m = 0, low = 0, high = 0;            // in steps
        std::vector<std::pair<std::int32_t, float>> others;  // steps of tokens but m, with their number
    };
    std::vector<Class> classes;
    std::array<std::unordered_map<Code, Table>, 2> tables;  // m needed or not
};

TailTables::TailTables(const RoundUpward&, const HeavyTerms& terms, double class_ratio, std::size_t bins,
                       std::size_t most_entries)
    : terms_(terms),
      bins_(bins),
      most_entries_(most_entries),
      levels_(terms.outputs * (terms.tokens + 1) * 2) {
    double heaviest = 0;
    for (std::size_t p = 0; p < terms.positions; ++p) {
        const double weight = terms.place_weight[p];
        if (places_.empty() || !(class_ratio > 1) || weight * class_ratio < heaviest) {
            places_.emplace_back();
            heaviest = weight;
        }
        class_of_.push_back(places_.size() - 1);
        places_.back().push_back(p);
    }
    Code codes = 1;
    for (const auto& places : places_) {
        units_.push_back(codes);
        codes *= places.size() + 1;
    }
}

TailTables::~TailTables() = default;

std::unique_ptr<TailTables::Level> TailTables::make_level(std::size_t output, std::size_t rank, End end) {
    auto level = std::make_unique<Level>();
    Level& l = *level;
    l.rank = rank, l.end = end;
    // By class the largest ends over its places, of every token left.
    const auto& ends = terms_.ends[end];
    const std::size_t left = terms_.tokens - rank;
    std::vector<std::vector<double>> hull(places_.size(), std::vector<double>(left));
    double range = 0;
    for (std::size_t c = 0; c < places_.size(); ++c) {
        for (std::size_t u = 0; u < left; ++u) {
            double& largest = hull[c][u] = -std::numeric_limits<double>::infinity();
            for (const std::size_t p : places_[c]) {
                largest = std::max(largest, ends[terms_.at(output, rank + u, p)]);
            }
        }
        if (left == 0) continue;
        const auto [low, high] = std::minmax_element(hull[c].begin(), hull[c].end());
        range = std::max(range, *high - *low);
    }
    // A power of two, so that dividing by it is exact, between 1/2 and 1 of what `bins` asks for.
    int exponent = 0;
    std::frexp(std::max(range / static_cast<double>(bins_), 0x1p-900), &exponent);
    l.inverse_step = std::ldexp(1.0, 1 - exponent);

    std::vector<double> sorted;
    std::map<std::int32_t, float> others;
    for (const auto& values : hull) {
        Level::Class& of = l.classes.emplace_back();
        if (left == 0) continue;
        // Where most tokens have nearly the same term, they then lose nearly nothing.
        sorted = values;
        std::sort(sorted.begin(), sorted.end());
        of.offset = best_offset(sorted, l.inverse_step, left / 12 + 1,
                                [](double z) { return static_cast<double>(ceiling(z)) - z; });
        of.low = std::numeric_limits<std::int32_t>::max();
        of.high = std::numeric_limits<std::int32_t>::min();
        others.clear();
        for (std::size_t u = 0; u < left; ++u) {
            auto steps = static_cast<std::int32_t>(ceiling((values[u] - of.offset) * l.inverse_step));
            if (end == End::lower) steps = -steps;
            of.low = std::min(of.low, steps);
            of.high = std::max(of.high, steps);
            if (rank + u == terms_.rank_of_m) {
                of.of_m = steps;
            } else {
                others[steps] += 1;
            }
        }
        of.others.assign(others.begin(), others.end());
        work_ += 4 * left * (12 + places_.size());
    }
    return level;
}

const TailTables::Table* TailTables::find(std::size_t output, std::size_t rank, End end, Code code,
                                          std::size_t r, bool need_m, bool may_make) {
    const bool make_some = may_make && entries_ < most_entries_;
    std::unique_ptr<Level>& level =
        levels_[(output * (terms_.tokens + 1) + rank) * 2 + static_cast<std::size_t>(end)];
    if (!level && make_some) level = make_level(output, rank, end);
    return level ? table(*level, code, r, need_m, make_some) : nullptr;
}

const TailTables::Table* TailTables::table(Level& level, Code code, std::size_t r, bool need_m,
                                           bool may_make) {
    auto& tables = level.tables[need_m];
    const auto known = tables.find(code);
    if (known != tables.end()) return &known->second;
    if (!may_make) return nullptr;
    Table made = make(level, code, r, need_m);  // which makes others
    return &tables.emplace(code, std::move(made)).first->second;
}

TailTables::Table TailTables::make(Level& l, Code code, std::size_t r, bool need_m) {
    Table t;
    t.end = l.end;
    t.inverse_step = l.inverse_step;
    if (r == 0) return t;
    // Take away a place of the last class: the rest is a table that is likely to be there.
    std::size_t c = places_.size();
    do --c;
    while (code / units_[c] == 0);
    const Level::Class& of = l.classes[c];
    const Table& any = *table(l, code - units_[c], r - 1, false, true);
    t.offset = any.offset + of.offset;
    t.low = any.low + of.low;
    t.high = any.high + of.high;
    const auto n = static_cast<std::size_t>(t.high - t.low);
    t.entries.resize(n);
    entries_ += n;

    // Shares of the fillings by what stands at the place, rounded towards the end; negated for the lower.
    const bool upper = l.end == End::upper;
    const Interval all = terms_.fillings(l.rank, r, need_m);
    const auto share = [&](const Interval& part) {
        return upper ? (part / all).upper() : (part / all).negated_lower();
    };
    const auto add = [&](const Table& rest, std::int32_t steps, float share) {
        const auto sure = static_cast<std::size_t>(rest.low + steps - t.low);
        const auto open = static_cast<std::size_t>(rest.high - rest.low);
        add_tail(t.entries.data(), share, sure, rest.entries.data(), upper ? share : -share, open);
        work_ += sure + open;
    };
    if (l.rank <= terms_.rank_of_m) {
        add(any, of.of_m, static_cast<float>(share(terms_.fillings(l.rank, r - 1))));
    }
    const bool m_later = need_m && r >= 2;
    if (!need_m || m_later) {
        const Table& rest = need_m ? *table(l, code - units_[c], r - 1, true, true) : any;
        const double each = share(terms_.fillings(l.rank, r - 1, need_m));
        for (const auto& [steps, tokens] : of.others) {
            add(rest, steps, static_cast<float>(each * static_cast<double>(tokens)));
        }
    }
    for (float& e : t.entries) {
        if (upper) e = e < 1.0f ? std::max(e, kSmallestShare) : 1.0f;
        if (!upper) e = e < -kSmallestShare ? std::max(e, -1.0f) : 0.0f;
    }
    return t;
}

double TailTables::Table::share(double sum) const {
    // Rounded so that the least j that suffices is at least `steps`, and for the upper end at least -steps.
    const double steps = (sum + offset) * inverse_step;
    const double needed = end == End::upper ? -steps : steps;
    if (end == End::upper && !(needed > low)) return 1;
    if (end == End::lower && needed <= low) return -1;
    if (!(needed <= high)) return 0;
    return static_cast<double>(entries[static_cast<std::size_t>(ceiling(needed) - low - 1)]);
}

}  // namespace maxcert
