// Counts prefixes by their rounded sum, position by position (SOUNDNESS T5b). Terms are rounded to the grid
// in one direction, counts in the same one, so an upper count stays above and a lower one below; a sum that
// nothing can bring back is settled at once.
#include "certify/strategies/bracket/convolution.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "certify/arithmetic/rounding.hpp"
#include "certify/strategies/bracket/offset.hpp"
#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

using Step = std::int64_t;
constexpr Step kLowest = -(Step{1} << 40);  // a term this low ends all hope: sums stay below 2^38 steps
constexpr double kHighest = 0x1p38;
constexpr std::uint64_t kRoundingWork = 30;  // about the operations of rounding a term, its offset included
constexpr double kMostBits = 120;            // of a count in a float
constexpr double kOffsetRange = 0x1p24;      // steps below the largest term: no offset is lower

enum class Bound { at_most, at_least };

/// to[j] += factor * from[j], in the rounding mode in force.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void add_scaled(float* __restrict to, const float* __restrict from, float factor,
                                          std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) to[j] += factor * from[j];
}

/// The sum, in the rounding mode in force; eight sums side by side, which a processor adds at once.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) double sum_of(const float* from, std::size_t n) {
    constexpr std::size_t lanes = 8;
    double sums[lanes] = {};
    for (; n >= lanes; n -= lanes, from += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += static_cast<double>(from[lane]);
    }
    double sum = 0;
    for (const double s : sums) sum += s;
    for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(from[j]);
    return sum;
}

/// Partial sums in steps, from `base` on, with the number of prefixes that have each. Floats: their 24 bits
/// lose less than the grid does, and twice as many fit a register.
struct States {
    Step base = 0;
    std::vector<float> count;
    void reset(Step low, Step high) {
        base = low;
        count.assign(high >= low ? static_cast<std::size_t>(high - low + 1) : 0, 0.0f);
    }
    /// The highest sum.
    Step end() const { return count.empty() ? kLowest : base + static_cast<Step>(count.size()) - 1; }
};

/// The last entries of a list, with their sum.
struct Suffix {
    std::size_t first;
    double sum;
    /// Adds those from `to` on, which must not lie after the first one.
    double grow(const std::vector<float>& list, std::size_t to) {
        sum += sum_of(list.data() + to, first - to);
        first = to;
        return sum;
    }
};

class Convolution {
  public:
    Convolution(const Fillings& fillings, const Event& event, Bound bound, std::size_t grid)
        : fillings_(fillings),
          n_(fillings.positions()),
          tokens_(fillings.tokens()),
          required_(fillings.required()),
          all_missing_(fillings.all_missing()),
          bound_(bound),
          halvings_(halvings(fillings)),
          scale_(std::ldexp(1.0, -halvings_)) {
        const std::vector<double>& terms = bound == Bound::at_most ? event.upper : event.lower;
        const double constant = bound == Bound::at_most ? event.constant_upper : event.constant_lower;
        for (std::size_t t = 0; t < tokens_; ++t) {
            if (!fillings.requires_token(t)) others_.push_back(t);
        }
        const double excess = largest_sum(fillings, terms, constant);
        impossible_ = excess < 0;  // upper ends rounded upward: no sum reaches 0; for lower counts 0 is sound
        if (impossible_ || !(excess < 1e300)) return;
        int exponent = 0;
        std::frexp(std::max(excess, 0x1p-900) / static_cast<double>(grid), &exponent);
        inverse_step_ = std::ldexp(1.0, -exponent);  // a power of two, so that dividing by it is exact
        usable_ = round_terms(terms, constant);
        if (usable_) bound_rests();
    }

    /// The rounding mode of `bound` must be in force.
    double count(std::uint64_t& work) {
        if (impossible_) return 0.0;
        work += kRoundingWork * steps_.size();
        if (!usable_) return bound_ == Bound::at_most ? std::numeric_limits<double>::infinity() : 0.0;
        States now[kLabels], next[kLabels];
        for (States& states : now) states.reset(0, -1);
        place(now[all_missing_], constant_);
        for (std::size_t i = 0; i < n_; ++i) {
            sort_tokens(i);
            for (unsigned missing = 0; missing <= all_missing_; ++missing) {
                Step highest = now[missing].end() + highest_other_;
                for (std::size_t k = 0; k < required_.size(); ++k) {
                    for (const unsigned before : {missing, missing | 1u << k}) {
                        if ((missing >> k & 1u) == 0) {
                            highest = std::max(highest, now[before].end() + required_step(k, i));
                        }
                    }
                }
                next[missing].reset(lowest_alive(missing, i + 1), highest);
            }
            for (unsigned missing = 0; missing <= all_missing_; ++missing) {
                for (std::size_t k = 0; k < required_.size(); ++k) {
                    const unsigned left = missing & ~(1u << k);
                    Suffix settling{now[missing].count.size(), 0};
                    spread(now[missing], required_step(k, i), 1, left, i + 1, next[left], settling, work);
                }
                Suffix settling{now[missing].count.size(), 0};  // higher steps settle more
                for (const auto& [step, tokens] : tokens_by_step_) {
                    spread(now[missing], step, tokens, missing, i + 1, next[missing], settling, work);
                }
            }
            std::swap(now, next);
        }
        return settled_;
    }

  private:
    /// Prefixes are told apart by which of the required tokens they miss, a set of bits.
    static constexpr std::size_t kLabels = 4;

    /// How often counts are halved at each position, so that all prefixes fit a float; small ones stay exact.
    static int halvings(const Fillings& fillings) {
        const double bits = std::log2(static_cast<double>(fillings.tokens()));
        return static_cast<int>(
            std::max(0.0, std::ceil(bits - kMostBits / static_cast<double>(fillings.positions()))));
    }

    double ways(unsigned missing, std::size_t r) const {
        return bound_ == Bound::at_most ? fillings_.at_most(missing, r) : fillings_.at_least(missing, r);
    }

    Step in_steps(double value) const {
        const double scaled = value * inverse_step_;
        if (scaled < static_cast<double>(kLowest)) return kLowest;
        return bound_ == Bound::at_most ? ceiling(scaled) : -ceiling(-scaled);
    }

    /// Terms less an offset for each position, which the constant takes over; false if they are too large.
    bool round_terms(const std::vector<double>& terms, double constant) {
        const double sign = bound_ == Bound::at_most ? 1 : -1;
        double highest = 0;  // in steps, what all terms come to at most
        std::vector<double> row(tokens_);
        steps_.resize(terms.size());
        for (std::size_t i = 0; i < n_; ++i) {
            const double* of = terms.data() + i * tokens_;
            const double largest = *std::max_element(of, of + tokens_);
            const double lowest = largest - kOffsetRange / inverse_step_;
            for (std::size_t t = 0; t < tokens_; ++t) row[t] = sign * std::max(of[t], lowest);
            const double offset = sign * best_offset(row, inverse_step_, tokens_ / 6 + 1);
            constant += offset;
            highest += std::max(0.0, (largest - offset) * inverse_step_ + 1);
            if (!(highest < kHighest)) return false;
            for (std::size_t t = 0; t < tokens_; ++t) steps_[i * tokens_ + t] = in_steps(of[t] - offset);
        }
        highest += std::max(0.0, constant * inverse_step_ + 1);
        if (!(highest < kHighest)) return false;
        constant_ = in_steps(constant);
        return true;
    }

    Step required_step(std::size_t k, std::size_t i) const { return steps_[i * tokens_ + required_[k]]; }
    void bound_rests() {
        max_rest_.assign(n_ + 1, 0);
        min_rest_.assign(n_ + 1, 0);
        for (auto& loss : loss_) loss.assign(n_ + 1, kLowest);
        for (std::size_t i = n_; i-- > 0;) {
            const Step* row = steps_.data() + i * tokens_;
            const auto [low, high] = std::minmax_element(row, row + tokens_);
            max_rest_[i] = max_rest_[i + 1] + *high;
            min_rest_[i] = min_rest_[i + 1] + *low;
            for (std::size_t k = 0; k < required_.size(); ++k) {
                loss_[k][i] = std::max(loss_[k][i + 1], required_step(k, i) - *high);
            }
        }
    }

    /// Below this the largest rest, which holds each missing token at another position, does not reach 0.
    Step lowest_alive(unsigned missing, std::size_t i) const {
        Step rest = max_rest_[i];
        for (std::size_t k = 0; k < required_.size(); ++k) {
            if ((missing >> k & 1u) != 0) rest += loss_[k][i];
        }
        return -rest;
    }

    /// Tokens at position i that are not required, by their step, in tokens_by_step_.
    void sort_tokens(std::size_t i) {
        sorted_.clear();
        for (const std::size_t t : others_) sorted_.push_back(steps_[i * tokens_ + t]);
        std::sort(sorted_.begin(), sorted_.end());
        highest_other_ = sorted_.empty() ? kLowest : sorted_.back();
        tokens_by_step_.clear();
        for (const Step step : sorted_) {
            if (tokens_by_step_.empty() || tokens_by_step_.back().first != step) {
                tokens_by_step_.emplace_back(step, 0.0);
            }
            tokens_by_step_.back().second += 1;
        }
    }

    /// The empty prefix.
    void place(States& states, Step sum) {
        if (sum < lowest_alive(all_missing_, 0)) return;
        if (sum + min_rest_[0] >= 0) {
            settled_ += ways(all_missing_, n_);
            return;
        }
        states.reset(sum, sum);
        states.count[0] = 1;
    }

    /// Appends to every prefix of `from` one of `tokens` tokens worth `step`; i positions are filled then,
    /// and the tokens `missing` miss.
    void spread(const States& from, Step step, double tokens, unsigned missing, std::size_t i, States& to,
                Suffix& settling, std::uint64_t& work) {
        const auto size = static_cast<Step>(from.count.size());
        // Indices of `from`: below `alive` hopeless, from `sure` on settled.
        const Step alive = std::clamp<Step>(lowest_alive(missing, i) - step - from.base, 0, size);
        const Step sure = std::clamp<Step>(-min_rest_[i] - step - from.base, alive, size);
        if (alive == size) return;
        checkpoint(static_cast<std::size_t>(size - alive));
        work += static_cast<std::uint64_t>(size - alive);
        if (sure > alive) {
            const auto n = static_cast<std::size_t>(sure - alive);
            const auto at = static_cast<std::size_t>(from.base + alive + step - to.base);
            if (at + n > to.count.size()) to.count.resize(at + n, 0.0f);
            add_scaled(to.count.data() + at, from.count.data() + alive, static_cast<float>(tokens * scale_),
                       n);
        }
        if (size > sure) {
            const double prefixes = settling.grow(from.count, static_cast<std::size_t>(sure));
            settled_ +=
                tokens * std::ldexp(prefixes, halvings_ * static_cast<int>(i - 1)) * ways(missing, n_ - i);
        }
    }

    const Fillings& fillings_;
    std::size_t n_, tokens_;
    const std::vector<std::size_t>& required_;
    unsigned all_missing_;
    Bound bound_;
    int halvings_;
    double scale_;  // 2^-halvings_
    bool usable_ = false, impossible_ = false;
    double inverse_step_ = 0;
    std::vector<std::size_t> others_;  // tokens that are not required
    std::vector<Step> steps_;          // [position * tokens + token]
    Step constant_ = 0;
    std::vector<Step> max_rest_, min_rest_, loss_[2];  // loss_: by required token
    double settled_ = 0;
    std::vector<Step> sorted_;
    Step highest_other_ = kLowest;
    std::vector<std::pair<Step, double>> tokens_by_step_;
};

}  // namespace

double count_at_most(const Fillings& fillings, const Event& event, std::size_t grid, std::uint64_t& work) {
    const RoundUpward up;
    return Convolution(fillings, event, Bound::at_most, grid).count(work);
}

double count_at_least(const Fillings& fillings, const Event& event, std::size_t grid, std::uint64_t& work) {
    const RoundDownward down;
    return Convolution(fillings, event, Bound::at_least, grid).count(work);
}

}  // namespace maxcert
