// Counts prefixes by their rounded sum, position by position (SOUNDNESS T5b). Terms are rounded to the grid
// in one direction, counts in the same one, so an upper count stays above and a lower one below; a sum that
// nothing can bring back is settled at once.
#include "certify/strategies/bracket/convolution.hpp"

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "certify/arithmetic/rounding.hpp"
#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

using Step = std::int64_t;
constexpr Step kLowest = -(Step{1} << 40);  // a term this low ends all hope: sums stay below 2^38 steps
constexpr double kHighest = 0x1p38;

enum class Bound { at_most, at_least };

double rounded(const Count& n, Bound bound) {
    mpfr_t x;
    mpfr_init2(x, 64);
    mpfr_set_z(x, n.get_mpz_t(), bound == Bound::at_most ? MPFR_RNDU : MPFR_RNDD);
    const double value = mpfr_get_d(x, bound == Bound::at_most ? MPFR_RNDU : MPFR_RNDD);
    mpfr_clear(x);
    return value;
}

/// to[j] += factor * from[j], in the rounding mode in force.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) void add_scaled(double* __restrict to, const double* __restrict from, double factor,
                                          std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) to[j] += factor * from[j];
}

/// The sum, in the rounding mode in force; eight sums side by side, which a processor adds at once.
MAXCERT_CLONES("avx512f", "avx2")
__attribute__((noinline)) double sum_of(const double* from, std::size_t n) {
    constexpr std::size_t lanes = 8;
    double sums[lanes] = {};
    for (; n >= lanes; n -= lanes, from += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += from[lane];
    }
    double sum = 0;
    for (const double s : sums) sum += s;
    for (std::size_t j = 0; j < n; ++j) sum += from[j];
    return sum;
}

/// Partial sums in steps, from `base` on, with the number of prefixes that have each.
struct States {
    Step base = 0;
    std::vector<double> count;
    void reset(Step low, Step high) {
        base = low;
        count.assign(high >= low ? static_cast<std::size_t>(high - low + 1) : 0, 0.0);
    }
};

class Convolution {
  public:
    Convolution(const Group& group, const Event& event, Bound bound, std::size_t grid)
        : group_(group), n_(group.positions), tokens_(group.tokens()), bound_(bound) {
        const std::vector<double>& terms = bound == Bound::at_most ? event.upper : event.lower;
        const double constant = bound == Bound::at_most ? event.constant_upper : event.constant_lower;
        usable_ = choose_step(terms, constant, grid);
        if (!usable_ || impossible_) return;
        steps_.resize(terms.size());
        for (std::size_t j = 0; j < terms.size(); ++j) steps_[j] = in_steps(terms[j]);
        constant_ = in_steps(constant);
        bound_rests();
        for (std::size_t r = 0; r <= n_; ++r) {
            ways_[0].push_back(rounded(group.completions(false, r), bound));
            ways_[1].push_back(rounded(group.completions(true, r), bound));
        }
    }

    /// The rounding mode of `bound` must be in force.
    double count(std::uint64_t& work) {
        if (impossible_) return 0.0;
        if (!usable_) return bound_ == Bound::at_most ? std::numeric_limits<double>::infinity() : 0.0;
        States now[2], next[2];
        now[0].reset(0, -1);
        now[1].reset(0, -1);
        place(now[group_.seen() ? 1 : 0], constant_, group_.seen(), 0);
        for (std::size_t i = 0; i < n_; ++i) {
            for (const int seen : {0, 1})
                next[seen].reset(lowest_alive(seen != 0, i + 1), reach_[seen][i + 1]);
            const Step of_m = steps_[i * tokens_ + group_.m];
            spread(now[0], of_m, 1, true, i + 1, next[1], work);
            spread(now[1], of_m, 1, true, i + 1, next[1], work);
            sort_tokens(i);
            for (const auto& [step, tokens] : tokens_by_step_) {
                spread(now[0], step, tokens, false, i + 1, next[0], work);
                spread(now[1], step, tokens, true, i + 1, next[1], work);
            }
            std::swap(now[0], next[0]);
            std::swap(now[1], next[1]);
        }
        return settled_;
    }

  private:
    /// A power of two, so that dividing by it is exact.
    bool choose_step(const std::vector<double>& terms, double constant, std::size_t grid) {
        double all = constant, highest = std::fabs(constant),
               loss = group_.seen() ? 0 : -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < n_; ++i) {
            const double* row = terms.data() + i * tokens_;
            const double largest = *std::max_element(row, row + tokens_);
            all += largest;
            highest += std::max(largest, 0.0);
            if (!group_.seen()) loss = std::max(loss, row[group_.m] - largest);
        }
        const double excess = all + loss;  // the largest sum with m, rounded as the mode in force says
        if (!std::isfinite(all) || !std::isfinite(excess)) return false;
        if (!(highest < std::numeric_limits<double>::max())) return false;  // what overflow rounds down to
        impossible_ = excess < 0;  // upper ends rounded upward: no sum reaches 0; for lower counts 0 is sound
        const double aim = std::max(excess, 0x1p-900) / static_cast<double>(grid);
        int exponent = 0;
        std::frexp(aim, &exponent);
        inverse_step_ = std::ldexp(1.0, -exponent);
        return std::isfinite(inverse_step_) && inverse_step_ > 0 && highest * inverse_step_ < kHighest;
    }

    Step in_steps(double value) const {
        const double scaled = value * inverse_step_;
        if (scaled < static_cast<double>(kLowest)) return kLowest;
        return static_cast<Step>(bound_ == Bound::at_most ? std::ceil(scaled) : std::floor(scaled));
    }

    void bound_rests() {
        max_rest_.assign(n_ + 1, 0);
        min_rest_.assign(n_ + 1, 0);
        m_loss_.assign(n_ + 1, kLowest);
        for (std::size_t i = n_; i-- > 0;) {
            const Step* row = steps_.data() + i * tokens_;
            const auto [low, high] = std::minmax_element(row, row + tokens_);
            max_rest_[i] = max_rest_[i + 1] + *high;
            min_rest_[i] = min_rest_[i + 1] + *low;
            m_loss_[i] = std::max(m_loss_[i + 1], row[group_.m] - *high);
        }
        // The largest partial sums without and with m.
        for (auto& reach : reach_) reach = std::vector<Step>(n_ + 1, kLowest);
        reach_[group_.seen() ? 1 : 0][0] = constant_;
        for (std::size_t i = 0; i < n_; ++i) {
            const Step* row = steps_.data() + i * tokens_;
            const Step other = group_.m == 0 ? kLowest : *std::max_element(row, row + group_.m);
            const Step of_m = row[group_.m];
            reach_[1][i + 1] = std::max(reach_[0][i] + of_m, reach_[1][i] + std::max(of_m, other));
            reach_[0][i + 1] = reach_[0][i] + other;
        }
    }

    Step lowest_alive(bool seen, std::size_t i) const { return -(max_rest_[i] + (seen ? 0 : m_loss_[i])); }

    /// Tokens below m at position i by their step, in tokens_by_step_.
    void sort_tokens(std::size_t i) {
        const Step* row = steps_.data() + i * tokens_;
        sorted_.assign(row, row + group_.m);
        std::sort(sorted_.begin(), sorted_.end());
        tokens_by_step_.clear();
        for (const Step step : sorted_) {
            if (tokens_by_step_.empty() || tokens_by_step_.back().first != step) {
                tokens_by_step_.emplace_back(step, 0.0);
            }
            tokens_by_step_.back().second += 1;
        }
    }

    void place(States& states, Step sum, bool seen, std::size_t i) {
        if (sum < lowest_alive(seen, i)) return;
        if (sum + min_rest_[i] >= 0) {
            settled_ += ways_[seen ? 1 : 0][n_ - i];
            return;
        }
        states.reset(sum, sum);
        states.count[0] = 1;
    }

    /// Appends to every prefix of `from` one of `tokens` tokens worth `step`; i positions are filled then.
    void spread(const States& from, Step step, double tokens, bool seen, std::size_t i, States& to,
                std::uint64_t& work) {
        const auto size = static_cast<Step>(from.count.size());
        // Indices of `from`: below `alive` hopeless, from `sure` on settled.
        const Step alive = std::clamp<Step>(lowest_alive(seen, i) - step - from.base, 0, size);
        const Step sure = std::clamp<Step>(-min_rest_[i] - step - from.base, alive, size);
        if (alive == size) return;
        checkpoint(static_cast<std::size_t>(size - alive));
        work += static_cast<std::uint64_t>(size - alive);
        if (sure > alive) {
            const auto n = static_cast<std::size_t>(sure - alive);
            const auto at = static_cast<std::size_t>(from.base + alive + step - to.base);
            if (at + n > to.count.size()) to.count.resize(at + n, 0.0);
            add_scaled(to.count.data() + at, from.count.data() + alive, tokens, n);
        }
        if (size > sure) {
            const double prefixes = sum_of(from.count.data() + sure, static_cast<std::size_t>(size - sure));
            settled_ += tokens * prefixes * ways_[seen ? 1 : 0][n_ - i];
        }
    }

    const Group& group_;
    std::size_t n_, tokens_;
    Bound bound_;
    bool usable_ = false, impossible_ = false;
    double inverse_step_ = 0;
    std::vector<Step> steps_;  // [position * tokens + token]
    Step constant_ = 0;
    std::vector<Step> max_rest_, min_rest_, m_loss_, reach_[2];
    std::vector<double> ways_[2];  // by seen: completions of r positions
    double settled_ = 0;
    std::vector<Step> sorted_;
    std::vector<std::pair<Step, double>> tokens_by_step_;
};

}  // namespace

double count_at_most(const Group& group, const Event& event, std::size_t grid, std::uint64_t& work) {
    const RoundUpward up;
    return Convolution(group, event, Bound::at_most, grid).count(work);
}

double count_at_least(const Group& group, const Event& event, std::size_t grid, std::uint64_t& work) {
    const RoundDownward down;
    return Convolution(group, event, Bound::at_least, grid).count(work);
}

}  // namespace maxcert
