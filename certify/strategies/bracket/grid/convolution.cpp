// Counts prefixes by their rounded sums, position by position (SOUNDNESS T5b). Terms are rounded to the
// nearest step, so that errors cancel for most fillings; in how many they change the side of 0 is bounded by
// the sums of rho^error over the prefixes of each state.
#include "certify/strategies/bracket/grid/convolution.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "certify/strategies/bracket/grid/axis.hpp"
#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

constexpr std::uint64_t kRoundingWork = 30;  // about the operations of rounding a term, its offset included
constexpr std::size_t kBlock = 4;            // steps taken together
constexpr Step kMostStates = Step{1} << 23;
constexpr std::size_t kKinds = 5;  // of sums over prefixes: of 1, and of rho^error by axis (two) and end

/// One row or several of equal distance, as groups of lanes that a register holds.
constexpr Step kLanes = 16;
struct Rows {
    Step rows, groups, to_pitch, from_pitch;
};

/// to[j] += Σ factor * from[j] in every row, in the rounding mode in force.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void add_scaled(float* __restrict to, const float* from, float factor,
                                          const Rows& r) {
    for (Step row = 0; row < r.rows; ++row, to += r.to_pitch, from += r.from_pitch) {
        for (Step j = 0; j < r.groups * kLanes; j += kLanes) {
            for (Step lane = 0; lane < kLanes; ++lane) to[j + lane] += factor * from[j + lane];
        }
    }
}
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void add_block(float* __restrict to, std::array<const float*, kBlock> from,
                                         const std::array<float, kBlock>& factor, const Rows& r) {
    const float fa = factor[0], fb = factor[1], fc = factor[2], fd = factor[3];
    const float *a = from[0], *b = from[1], *c = from[2], *d = from[3];
    for (Step row = 0; row < r.rows; ++row, to += r.to_pitch) {
        for (Step j = 0; j < r.groups * kLanes; j += kLanes) {
            for (Step k = j; k < j + kLanes; ++k) to[k] += (fa * a[k] + fb * b[k]) + (fc * c[k] + fd * d[k]);
        }
        a += r.from_pitch, b += r.from_pitch, c += r.from_pitch, d += r.from_pitch;
    }
}

/// The sum of n numbers, and of some more where they are not whole groups of 8, in the rounding mode in
/// force.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) double sum_of(const float* from, Step n) {
    std::array<double, 8> sums{};
    for (Step j = 0; j < n; j += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane)
            sums[lane] += static_cast<double>(from[j + static_cast<Step>(lane)]);
    }
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// Prefixes by their sums, in steps: rows by that of the first of two events, columns by that of the last
/// one; one event has one row. Floats: their 24 bits lose less than the grid does, and twice as many fit a
/// register. Around them are zeros, so that a block of choices may read beyond.
struct States {
    std::array<Step, 2> base{}, size{}, margin{};
    std::array<std::vector<float>, kKinds> sums;  // over prefixes of 1, and of rho^error by axis and end

    /// False if there are too many.
    bool reset(const std::array<Step, 2>& low, const std::array<Step, 2>& high,
               const std::vector<std::size_t>& kinds) {
        base = low;
        size = {high[0] - low[0] + 1, (high[1] - low[1] + kLanes) / kLanes * kLanes};
        if (high[0] < low[0] || high[1] < low[1]) size = {0, 0};
        if (std::max(size[0], size[1]) > kMostStates || size[0] * size[1] > kMostStates) return false;
        margin = {size[0] / 4, size[1] / 4 + 2 * kLanes};
        for (const std::size_t kind : kinds) sums[kind].assign(entries(), 0.0f);
        return true;
    }
    std::size_t entries() const { return static_cast<std::size_t>((size[0] + 2 * margin[0]) * pitch()); }
    bool empty() const { return size[0] == 0; }
    Step end(std::size_t dimension) const {
        return empty() ? kLowestStep : base[dimension] + size[dimension] - 1;
    }
    Step pitch() const { return size[1] + 2 * margin[1]; }
    std::size_t offset(Step row, Step column) const {
        return static_cast<std::size_t>((margin[0] + row) * pitch() + margin[1] + column);
    }
    float* at(std::size_t kind, Step row, Step column) { return sums[kind].data() + offset(row, column); }
    const float* at(std::size_t kind, Step row, Step column) const {
        return sums[kind].data() + offset(row, column);
    }
};

/// Tokens worth the same numbers of steps.
struct Choice {
    std::array<Step, 2> steps;           ///< in rows and columns
    std::array<double, kKinds> weights;  ///< their number, and Σ rho^error by axis and end
};

/// Counts are kept in units of 2^(bits i - 100) after i positions, where 2^bits is about the number of
/// tokens, so that they fit floats.
constexpr int kFirstBits = 100;

class Convolution {
  public:
    Convolution(const Fillings& fillings, const std::vector<Axis>& axes, const Ends<bool>& wanted)
        : fillings_(fillings),
          axes_(axes),
          bits_(static_cast<int>(std::ceil(std::log2(static_cast<double>(fillings.tokens()))))),
          wanted_(wanted),
          kinds_{0} {
        for (std::size_t axis = 0; axis < axes.size(); ++axis) {
            for (const End end : kBothEnds) {
                if (wanted[end]) kinds_.push_back(kind_of(axis, end));
            }
        }
    }

    CountRange count(std::uint64_t& work) {
        thread_local States now[kLabels], next[kLabels];  // their memory serves the next count again
        const unsigned all_missing = (1u << fillings_.required().size()) - 1;
        const Choice empty = choice(fillings_.positions() * fillings_.tokens(), std::ldexp(1.0, kFirstBits));
        for (unsigned missing = 0; missing < all_missing; ++missing) now[missing].reset({}, {-1, -1}, kinds_);
        now[all_missing].reset(empty.steps, empty.steps, kinds_);
        for (const std::size_t kind : kinds_) {
            *now[all_missing].at(kind, 0, 0) = static_cast<float>(empty.weights[kind]);
        }
        for (std::size_t i = 0; i < fillings_.positions(); ++i) {
            sort_tokens(i);
            most_terms_ = 0;
            for (unsigned missing = 0; missing <= all_missing; ++missing) {
                std::array<Step, 2> low{}, high{};
                for (std::size_t d = 2 - axes_.size(); d < 2; ++d) {
                    low[d] = axes_[d + axes_.size() - 2].lowest_alive(missing, i + 1);
                    high[d] = now[missing].end(d) + highest_[d];
                    for (std::size_t k = 0; k < fillings_.required().size(); ++k) {
                        if ((missing >> k & 1u) != 0) continue;
                        for (const unsigned before : {missing, missing | 1u << k}) {
                            high[d] = std::max(high[d], now[before].end(d) + of_required_[k].steps[d]);
                        }
                    }
                }
                if (!next[missing].reset(low, high, kinds_)) return {0, fillings_.size()};
                work += next[missing].entries() * kinds_.size();
            }
            for (unsigned missing = 0; missing <= all_missing; ++missing) {
                for (std::size_t k = 0; k < fillings_.required().size(); ++k) {
                    spread(now[missing], {of_required_[k]}, next[missing & ~(1u << k)], work);
                }
                spread(now[missing], choices_, next[missing], work);
            }
            std::swap(now, next);
            roundings_ += 3 + static_cast<double>(2 * fillings_.required().size() + most_terms_);
        }
        return bounds(now[0]);
    }

  private:
    /// Prefixes are told apart by which of the required tokens they miss, a set of bits.
    static constexpr std::size_t kLabels = 4;

    static std::size_t kind_of(std::size_t axis, End end) {
        return 1 + 2 * axis + static_cast<std::size_t>(end);
    }

    /// The token of a term alone.
    Choice choice(std::size_t term, double unit) const {
        Choice c{{axes_.size() > 1 ? axes_[0].step(term) : 0, axes_.back().step(term)}, {unit}};
        for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
            for (const End end : kBothEnds) {
                c.weights[kind_of(axis, end)] = unit * axes_[axis].weight(end, term);
            }
        }
        return c;
    }

    /// The tokens at position i by their steps: in choices_ those that are not required.
    void sort_tokens(std::size_t i) {
        const double unit = std::ldexp(1.0, -bits_);
        std::vector<Choice> sorted;
        for (std::size_t t = 0; t < fillings_.tokens(); ++t) {
            if (!fillings_.requires_token(t)) sorted.push_back(choice(i * fillings_.tokens() + t, unit));
        }
        std::sort(sorted.begin(), sorted.end(), [](const Choice& a, const Choice& b) {
            return a.steps[1] != b.steps[1] ? a.steps[1] < b.steps[1] : a.steps[0] < b.steps[0];
        });
        of_required_.clear();
        for (const std::size_t t : fillings_.required())
            of_required_.push_back(choice(i * fillings_.tokens() + t, unit));
        choices_.clear();
        highest_ = {kLowestStep, kLowestStep};
        for (const Choice& c : sorted) {
            for (std::size_t d = 0; d < 2; ++d) highest_[d] = std::max(highest_[d], c.steps[d]);
            if (choices_.empty() || choices_.back().steps != c.steps) {
                choices_.push_back(c);
            } else {
                for (const std::size_t kind : kinds_) choices_.back().weights[kind] += c.weights[kind];
            }
        }
    }

    /// Appends to every prefix of `from` one of the tokens of a choice; these are sorted by their steps.
    void spread(const States& from, const std::vector<Choice>& choices, States& to, std::uint64_t& work) {
        if (from.empty() || to.empty()) return;
        std::size_t blocks = 0;
        for (std::size_t k = 0, many; k < choices.size(); k += many, ++blocks) {
            // A block, if its choices reach nearly the same states.
            std::array<Step, 2> first = choices[k].steps, last = first;
            many = std::min(kBlock, choices.size() - k);
            for (std::size_t b = 1; b < many; ++b) {
                for (std::size_t d = 0; d < 2; ++d) {
                    first[d] = std::min(first[d], choices[k + b].steps[d]);
                    last[d] = std::max(last[d], choices[k + b].steps[d]);
                }
            }
            if (many < kBlock || last[0] - first[0] > from.margin[0] ||
                last[1] - first[1] > from.margin[1] - 2 * kLanes) {
                first = last = choices[k].steps;
                many = 1;
            }
            std::array<Step, 2> low, high;
            for (std::size_t d = 0; d < 2; ++d) {
                low[d] = std::clamp<Step>(from.base[d] + first[d] - to.base[d], 0, to.size[d]);
                high[d] = std::clamp<Step>(from.base[d] + from.size[d] + last[d] - to.base[d], 0, to.size[d]);
            }
            low[1] = low[1] / kLanes * kLanes;
            if (low[0] >= high[0] || low[1] >= high[1]) continue;
            const Rows rows{high[0] - low[0], (high[1] - low[1] + kLanes - 1) / kLanes, to.pitch(),
                            from.pitch()};
            for (const std::size_t kind : kinds_) {
                std::array<float, kBlock> factors;
                std::array<const float*, kBlock> sources;
                for (std::size_t b = 0; b < many; ++b) {
                    const Choice& c = choices[k + b];
                    factors[b] = static_cast<float>(c.weights[kind]);
                    sources[b] = from.at(kind, low[0] + to.base[0] - from.base[0] - c.steps[0],
                                         low[1] + to.base[1] - from.base[1] - c.steps[1]);
                }
                if (many == kBlock) {
                    add_block(to.at(kind, low[0], low[1]), sources, factors, rows);
                } else {
                    add_scaled(to.at(kind, low[0], low[1]), sources[0], factors[0], rows);
                }
            }
            const auto added =
                static_cast<std::size_t>(rows.rows * rows.groups * kLanes) * many * kinds_.size();
            work += added;
            checkpoint(added);
        }
        most_terms_ =
            std::max(most_terms_, std::min(blocks, static_cast<std::size_t>(from.size[0] * from.size[1])));
    }

    /// When all positions are filled: the states where all sums reach 0, more or fewer by those where errors
    /// may decide.
    CountRange bounds(const States& states) const {
        double counted = 0, more = 0, fewer = 0;
        const Step far = std::max(axes_[0].errors_end(), axes_.back().errors_end());
        for (Step row = 0; row < states.size[0]; ++row) {
            for (Step column = 0; column < states.size[1]; ++column) {
                const Step by_column = states.base[1] + column;
                const Step by_row = axes_.size() > 1 ? states.base[0] + row : by_column;
                if (std::min(by_row, by_column) >= far) {
                    counted += sum_of(states.at(0, row, column), states.size[1] - column);
                    break;
                }
                const auto number = static_cast<double>(*states.at(0, row, column));
                const Step sums[] = {by_row, by_column};
                double reach = number, lost = 0;  // at most, where some sum is below 0; at most, else
                for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
                    const End end = sums[axis] < 0 ? End::upper : End::lower;
                    if (!wanted_[end]) continue;
                    const double across =
                        axes_[axis].across(end, sums[axis], number,
                                           static_cast<double>(*states.at(kind_of(axis, end), row, column)));
                    if (end == End::upper) reach = std::min(reach, across);
                    if (end == End::lower) lost += across;
                }
                const bool above = std::min(by_row, by_column) >= 0;
                counted += above ? number : 0;
                more += above ? 0 : reach;
                fewer += above ? std::min(lost, number) : 0;
            }
        }
        const int bits = bits_ * static_cast<int>(fillings_.positions());
        const double unit = std::ldexp(1.0, bits - kFirstBits);
        // What rounding upward added: to no number up to 2^24, and below 2^-126 to each of fewer than 2^45.
        if (bits > 24) fewer += 0x1p-23 * (roundings_ + 1) * counted;
        if (bits > kFirstBits + 126) fewer += 0x1p-100;
        return CountRange::between(wanted_[End::lower] ? -((fewer - counted) * unit) : 0,
                                   wanted_[End::upper] ? (counted + more) * unit : INFINITY,
                                   fillings_.size());
    }

    const Fillings& fillings_;
    const std::vector<Axis>& axes_;
    int bits_;
    Ends<bool> wanted_;
    std::vector<std::size_t> kinds_;  // that are needed
    double roundings_ = 0;            // on the way to any sum, at most
    std::size_t most_terms_ = 0;      // that were added up in one state, at one position
    std::vector<Choice> choices_, of_required_;
    std::array<Step, 2> highest_{};  // of choices_
};

}  // namespace

CountRange count_on_grid(const RoundUpward& up, const Fillings& fillings,
                         const std::vector<const Event*>& events, const Ends<bool>& wanted, std::size_t grid,
                         std::uint64_t& work) {
    std::vector<Axis> axes;
    for (const Event* event : events) {
        axes.emplace_back(up, fillings, *event, wanted, grid);
        if (axes.back().impossible()) return {0, 0};
        work += kRoundingWork * event->upper.size();
    }
    for (const Axis& axis : axes) {
        if (!axis.usable()) return {0, fillings.size()};
    }
    return Convolution(fillings, axes, wanted).count(work);
}

}  // namespace maxcert
