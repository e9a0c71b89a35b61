// The fillings of each half of the positions are listed and binned by their sums; pairs of bins are counted
// as integers. Cells are chosen by comparisons that are monotone in one rounding mode, so a filling never
// falls on the wrong side.
#include "certify/strategies/bracket/half_sums.hpp"

#include <algorithm>
#include <cmath>

#include "certify/arithmetic/rounding.hpp"
#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

using Bin = std::uint16_t;
constexpr std::size_t kBins = 1024;          // of each coordinate, at most
constexpr std::size_t kCells = 8192;         // even divisions, which the bins consist of
constexpr std::size_t kFillings = 1u << 26;  // of one half: its counts fit in 32 bits, their products in 64
constexpr double kTail = 1e-3;               // share of sums at either end that may fall into the last cells

/// The cell of each value, by steps that never decrease in one rounding mode. Not inlined, so that none of
/// them moves across a change of it.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void cells_of(const double* values, std::size_t n, double low, double inverse,
                                        Bin* cells) {
    constexpr double last = kCells - 1;
    for (std::size_t j = 0; j < n; ++j) {
        double scaled = (values[j] - low) * inverse;
        scaled = scaled > 0 ? scaled : 0;
        scaled = scaled < last ? scaled : last;
        cells[j] = static_cast<Bin>(static_cast<std::int32_t>(scaled));
    }
}

/// A map of sums to bins that never decreases: all that soundness needs of it, and true of any edges, because
/// every step below is monotone in one rounding mode. The bins hold about equally many of `values`.
class Bins {
  public:
    explicit Bins(std::vector<double> values)
        : size_(std::min(kBins, values.size() + 1)) {  // more could not tell more values apart
        const std::size_t n = values.size();
        const auto at = [&](double share) {
            auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(n - 1));
            std::nth_element(values.begin(), place, values.end());
            return *place;
        };
        low_ = at(kTail);
        const double range = at(1 - kTail) - low_;
        inverse_ = range > 1e-300 ? static_cast<double>(kCells) / range : 1;
        std::vector<Bin> cells(n);
        cells_of(values.data(), n, low_, inverse_, cells.data());
        std::vector<std::size_t> held(kCells);
        for (const Bin c : cells) ++held[c];
        bin_of_cell_.resize(kCells);
        std::size_t below = 0;
        for (std::size_t c = 0; c < kCells; ++c) {
            bin_of_cell_[c] = static_cast<Bin>((below * (size_ - 1)) / n);
            below += held[c];
        }
    }

    std::size_t size() const { return size_; }
    void bins(const std::vector<double>& values, std::vector<Bin>& out) const {
        out.resize(values.size());
        cells_of(values.data(), values.size(), low_, inverse_, out.data());
        for (Bin& b : out) b = bin_of_cell_[b];
    }

  private:
    std::size_t size_;
    double low_ = 0, inverse_ = 1;
    std::vector<Bin> bin_of_cell_;
};

/// sums[j * tokens + t] = sums[j] + terms[t] for every entry.
void extend(std::vector<double>& sums, const double* terms, std::size_t tokens,
            std::vector<double>& scratch) {
    scratch.resize(sums.size() * tokens);
    double* to = scratch.data();
    for (const double sum : sums) {
        for (std::size_t t = 0; t < tokens; ++t) *to++ = sum + terms[t];
    }
    sums.swap(scratch);
}

/// Upper ends of the sums of an event over positions first..last-1, the last position fastest.
std::vector<double> sums_of(const Event& event, std::size_t tokens, double start, std::size_t first,
                            std::size_t last) {
    std::vector<double> sums{start}, scratch;
    for (std::size_t i = first; i < last; ++i) extend(sums, &event.upper[i * tokens], tokens, scratch);
    return sums;
}

/// In the same order 1 where token m occurs, else 0.
std::vector<Bin> holds_m(std::size_t tokens, bool seen, std::size_t positions) {
    std::vector<Bin> held{static_cast<Bin>(seen ? 1 : 0)};
    for (std::size_t i = 0; i < positions; ++i) {
        std::vector<Bin> longer;
        longer.reserve(held.size() * tokens);
        for (const Bin h : held) {
            longer.insert(longer.end(), tokens - 1, h);
            longer.push_back(1);
        }
        held.swap(longer);
    }
    return held;
}

/// How far the upper end of a sum, as computed, may lie above its true value.
double slack(const Event& event, std::size_t tokens) {
    double spread = event.constant_upper - event.constant_lower, size = std::fabs(event.constant_upper);
    const std::size_t positions = event.upper.size() / tokens;
    for (std::size_t i = 0; i < positions; ++i) {
        double widest = 0, largest = 0;
        for (std::size_t j = i * tokens; j < (i + 1) * tokens; ++j) {
            widest = std::max(widest, event.upper[j] - event.lower[j]);
            largest = std::max(largest, std::fabs(event.upper[j]));
        }
        spread += widest;
        size += largest;
    }
    // Each of the additions rounds by less than 2^-52 of a partial sum.
    return spread + static_cast<double>(positions + 1) * 0x1p-51 * size;
}

/// counts[holds m][x][y]: fillings of one half with their sums in these bins; after accumulate() in these
/// bins or higher ones.
class Table {
  public:
    explicit Table(std::size_t n_bins) : n_bins_(n_bins), counts_(2 * n_bins * n_bins) {}

    /// holds_m: null if all do.
    void add(const Bin* x, const Bin* y, const Bin* holds_m, std::size_t n) {
        std::uint32_t* counts = counts_.data();
        const std::size_t width = n_bins_;
        for (std::size_t j = 0; j < n; ++j) {
            const std::size_t held = holds_m == nullptr ? 1 : holds_m[j];
            ++counts[(held * width + x[j]) * width + y[j]];
        }
    }
    void accumulate() {
        for (std::size_t row = 2 * n_bins_; row-- > 0;) {
            std::uint32_t* c = &counts_[row * n_bins_];
            for (std::size_t y = n_bins_ - 1; y-- > 0;) c[y] += c[y + 1];
            if ((row + 1) % n_bins_ == 0) continue;
            for (std::size_t y = 0; y < n_bins_; ++y) c[y] += c[n_bins_ + y];
        }
    }
    /// Fillings from these bins on: those that hold m, and if `any` the others too.
    std::uint64_t from(bool any, std::size_t x, std::size_t y) const {
        if (x >= n_bins_ || y >= n_bins_) return 0;
        const std::size_t at = x * n_bins_ + y;
        return std::uint64_t{counts_[n_bins_ * n_bins_ + at]} + (any ? counts_[at] : 0);
    }

  private:
    std::size_t n_bins_;
    std::vector<std::uint32_t> counts_;
};

struct Coordinate {
    const Event* event;
    std::vector<double> first;  ///< sums over the first half, negated: what the second half has to reach
    double slack;
    Bins bins;
};

}  // namespace

std::size_t fillings_of_half(const Group& group) {
    if (group.positions < 2) return 0;
    std::size_t n = 1;
    for (std::size_t i = group.positions / 2; i < group.positions && n <= kFillings; ++i) n *= group.tokens();
    return n <= kFillings ? n : 0;
}

std::optional<HalfSumCounts> count_by_halves(const GroupTerms& terms, const std::vector<std::size_t>& outputs,
                                             const std::vector<OutputPair>& pairs, std::uint64_t& work,
                                             const std::function<bool()>& expired) {
    const Group& group = terms.group;
    const std::size_t tokens = group.tokens(), n = group.positions, middle = n / 2;
    const RoundUpward up;
    std::vector<Coordinate> coordinates;
    for (const std::size_t k : outputs) {
        const Event& event = terms.wins[k];
        const double off = slack(event, tokens);
        if (!(off < 1e300)) return std::nullopt;
        std::vector<double> first = sums_of(event, tokens, event.constant_upper, 0, middle);
        for (double& sum : first) sum = -sum;
        Bins bins(first);
        coordinates.push_back({&event, std::move(first), off, std::move(bins)});
    }

    // The second half by what its first position holds, so that the rest stays in the cache.
    std::vector<Table> together;
    together.reserve(pairs.size());
    for (const auto& [x, y] : pairs) together.emplace_back(coordinates[x].bins.size());  // as many as y has
    const std::vector<Bin> rest_holds_m = holds_m(tokens, false, n - middle - 1);
    std::vector<std::vector<Bin>> bins(outputs.size());
    for (std::size_t t = 0; t < tokens; ++t) {
        const bool is_m = t == group.m;
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            if (expired()) return std::nullopt;
            const Event& event = *coordinates[k].event;
            const auto sums = sums_of(event, tokens, event.upper[middle * tokens + t], middle + 1, n);
            coordinates[k].bins.bins(sums, bins[k]);
            work += 5 * sums.size();
        }
        for (std::size_t p = 0; p < pairs.size(); ++p) {
            if (expired()) return std::nullopt;
            const std::vector<Bin>&x = bins[pairs[p][0]], &y = bins[pairs[p][1]];
            together[p].add(x.data(), y.data(), is_m ? nullptr : rest_holds_m.data(), x.size());
            work += x.size();
        }
    }
    for (Table& table : together) table.accumulate();

    // If a + b >= 0 then b's bin is at least that of -a; if b's bin is above that of -a + slack, then
    // a + b > 0.
    const std::vector<Bin> first_holds_m = holds_m(tokens, group.seen(), middle);
    std::vector<std::vector<Bin>> reach(outputs.size()), surely(outputs.size());
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        Coordinate& c = coordinates[k];
        c.bins.bins(c.first, reach[k]);
        for (double& sum : c.first) sum += c.slack;
        c.bins.bins(c.first, surely[k]);
        work += 10 * c.first.size();
    }
    HalfSumCounts result;
    result.alone.assign(outputs.size(), {0, group.size()});
    for (std::size_t p = 0; p < pairs.size(); ++p) {
        const auto [x, y] = pairs[p];
        const Table& table = together[p];
        std::uint64_t most[3] = {}, least[3] = {};  // of x, of y, of both
        for (std::size_t j = 0; j < first_holds_m.size(); ++j) {
            const bool any = first_holds_m[j] != 0;
            const std::size_t least_x = surely[x][j] + 1u, least_y = surely[y][j] + 1u;
            most[0] += table.from(any, reach[x][j], 0), least[0] += table.from(any, least_x, 0);
            most[1] += table.from(any, 0, reach[y][j]), least[1] += table.from(any, 0, least_y);
            most[2] += table.from(any, reach[x][j], reach[y][j]),
                least[2] += table.from(any, least_x, least_y);
        }
        const auto range = [&](std::size_t i) {
            return CountRange{Count(static_cast<unsigned long>(least[i])),
                              Count(static_cast<unsigned long>(most[i]))};
        };
        result.alone[x] = range(0);
        result.alone[y] = range(1);
        result.together.push_back(range(2));
        work += 8 * first_holds_m.size();
    }
    return result;
}

}  // namespace maxcert
