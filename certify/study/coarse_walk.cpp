// Most sequences of such a group are wrong, by one of a few outputs: these are tried first, for many last
// tokens at once. What is left is looked at with all outputs at once, one sequence after the other.
#include "certify/study/coarse_walk.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "data/base/target_clones.hpp"

namespace maxcert {
namespace {

// Longer sequences have prefixes that leave few outputs, which Subtree makes use of.
constexpr std::size_t kLongest = 3;  // positions before the query
constexpr std::size_t kManyOutputs = 10;
constexpr std::ptrdiff_t kLikely = 8;  // outputs that are tried first; fewer than kManyOutputs
constexpr float kHuge = 1e30F;         // sums of a few below this do not overflow
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Vectors of floats in loops that are compiled for each instruction set. They only add and compare, under
// upward rounding, so every version gives the same verdicts. Always inlined: no vector is ever passed in a
// way that depends on the processor.
#pragma GCC diagnostic ignored "-Wpsabi"
constexpr std::size_t kFloats = 16;
typedef float Floats __attribute__((vector_size(4 * kFloats)));
typedef float EightFloats __attribute__((vector_size(32)));
typedef float FourFloats __attribute__((vector_size(16)));
static_assert(kKernelPadding % kFloats == 0);

template <class V = Floats>
MAXCERT_INLINE V floats_at(const void* p) {
    V v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

MAXCERT_INLINE bool any_positive(const Floats& v) {
    const auto lanes = v > 0;
    std::int64_t pairs[kFloats / 2], any = 0;  // of lanes: fewer to look at
    std::memcpy(pairs, &lanes, sizeof pairs);
    for (const std::int64_t pair : pairs) any |= pair;
    return any != 0;
}

/// Lists the t < n with start[k] + rows[k][t] > 0 for every k < count, in ascending order; returns how many
/// there are. Rows are read, and room for `left` needed, up to the padding.
MAXCERT_CLONES("avx512f", "avx2")
std::size_t positive_in_all(const float* const* rows, const float* start, std::size_t count, std::size_t n,
                            std::uint32_t* left) {
    std::size_t found = 0;
    for (std::size_t t = 0; t < n; t += kFloats) {
        Floats smallest = floats_at(rows[0] + t) + start[0];
        for (std::size_t k = 1; k < count; ++k) {
            const Floats sum = floats_at(rows[k] + t) + start[k];
            smallest = sum < smallest ? sum : smallest;
        }
        if (!any_positive(smallest)) continue;
        for (std::size_t l = 0; l < kFloats && t + l < n; ++l) {
            left[found] = static_cast<std::uint32_t>(t + l);
            found += smallest[l] > 0 ? 1 : 0;
        }
    }
    return found;
}

/// out[x] = start[x] + (row[x] + shift), x < n (a multiple of the padding).
MAXCERT_CLONES("avx512f", "avx2")
void shifted_sum(const float* start, const float* row, float shift, std::size_t n, float* out) {
    for (std::size_t x = 0; x < n; x += kFloats) {
        const Floats sum = floats_at(start + x) + (floats_at(row + x) + shift);
        std::memcpy(out + x, &sum, sizeof sum);
    }
}

/// largest[x] = max over t < n of (rows[t * stride + x] + shift[t]), x < stride; n >= 1.
MAXCERT_CLONES("avx512f", "avx2")
void largest_of_rows(const float* rows, const float* shift, std::size_t n, std::size_t stride,
                     float* largest) {
    for (std::size_t x = 0; x < stride; x += kFloats) {
        Floats best = floats_at(rows + x) + shift[0];
        for (std::size_t t = 1; t < n; ++t) {
            const Floats sum = floats_at(rows + t * stride + x) + shift[t];
            best = sum > best ? sum : best;
        }
        std::memcpy(largest + x, &best, sizeof best);
    }
}

struct Larger {
    template <class V>
    MAXCERT_INLINE V operator()(const V& a, const V& b) const {
        return a > b ? a : b;
    }
};
struct Smaller {
    template <class V>
    MAXCERT_INLINE V operator()(const V& a, const V& b) const {
        return a < b ? a : b;
    }
};

/// best[j]: over x < stride, the first by Better of start[x] + rows[index[j] * stride + x], for j < count.
template <class Better>
MAXCERT_INLINE void best_sums(const float* start, const float* rows, std::size_t stride,
                              const std::uint32_t* index, std::size_t count, float* best) {
    const Better better;
    for (std::size_t j = 0; j < count; ++j) {
        const float* row = rows + index[j] * stride;
        Floats sum = floats_at(start) + floats_at(row);
        for (std::size_t x = kFloats; x < stride; x += kFloats) {
            sum = better(sum, floats_at(start + x) + floats_at(row + x));
        }
        const char* bytes = reinterpret_cast<const char*>(&sum);
        const auto eight = better(floats_at<EightFloats>(bytes), floats_at<EightFloats>(bytes + 32));
        bytes = reinterpret_cast<const char*>(&eight);
        const auto four = better(floats_at<FourFloats>(bytes), floats_at<FourFloats>(bytes + 16));
        best[j] = better(better(four[0], four[1]), better(four[2], four[3]));
    }
}

MAXCERT_CLONES("avx512f", "avx2")
void largest_sums(const float* start, const float* rows, std::size_t stride, const std::uint32_t* index,
                  std::size_t count, float* largest) {
    best_sums<Larger>(start, rows, stride, index, count, largest);
}

MAXCERT_CLONES("avx512f", "avx2")
void smallest_sums(const float* start, const float* rows, std::size_t stride, const std::uint32_t* index,
                   std::size_t count, float* smallest) {
    best_sums<Smaller>(start, rows, stride, index, count, smallest);
}

}  // namespace

CoarseWalk::CoarseWalk(std::size_t d_vocab, std::size_t n_ctx, bool exchangeable, const Deadline& deadline)
    : exchangeable_(exchangeable),
      deadline_(deadline),
      free_(n_ctx - 1),
      stride_(padded(d_vocab)),
      tokens_(n_ctx),
      sums_(n_ctx),
      rests_(n_ctx),
      columns_(free_ * stride_ * stride_),
      column_(stride_),
      left_(stride_),
      left_sums_(stride_) {
    for (const End end : kBothEnds) {
        shift_[end].resize(free_ * stride_);
        below_[end].resize(free_ * stride_), with_m_[end].resize(free_ * stride_);
        for (std::size_t d = 0; d < n_ctx; ++d) sums_[d][end].resize(stride_), rests_[d][end].resize(stride_);
    }
}

bool CoarseWalk::takes(const QueryTables& tables, std::size_t m, const std::vector<std::uint32_t>& outputs) {
    if (outputs.size() < kManyOutputs || free_ < 2 || free_ > kLongest || m == 0 || !tables.finite())
        return false;
    const auto fits = [](float shift) { return shift < kHuge && shift > -kHuge; };
    for (const End end : kBothEnds) {
        for (std::size_t i = 0; i < free_; ++i) {
            for (std::size_t t = 0; t <= m; ++t) {
                const float shift = shift_[end][i * stride_ + t] = tables.shift(end, i, t, m);
                if (!fits(shift)) return false;
            }
        }
        if (!fits(tables.shift(end, free_, tables.query(), m))) return false;
    }
    tables_ = &tables, m_ = m, outputs_ = outputs;
    return true;
}

bool CoarseWalk::walk(WalkCounts& counts) {
    counts_ = &counts, stopped_ = false;
    counts.active_triples += outputs_.size();
    const bool seen = m_ == tables_->query();
    tokens_[free_] = static_cast<std::uint32_t>(tables_->query());
    column_known_.assign(free_ * stride_, 0);
    find_largest();
    if (exchangeable_) {
        walk_sorted(seen);
        return !stopped_;
    }
    for (std::size_t first = seen ? free_ : 0; first < (seen ? free_ + 1 : free_) && !stopped_; ++first) {
        walk_part(first);
    }
    return !stopped_;
}

void CoarseWalk::find_largest() {
    for (const End end : kBothEnds) {
        for (std::size_t i = 0; i < free_; ++i) {
            float *below = below_[end].data() + i * stride_, *with_m = with_m_[end].data() + i * stride_;
            largest_of_rows(row(end, i, 0), shift_[end].data() + i * stride_, m_, stride_, below);
            const float *of_m = row(end, i, m_), shift_m = shift(end, i, m_);
            for (std::size_t x = 0; x < stride_; ++x) with_m[x] = std::max(below[x], of_m[x] + shift_m);
        }
    }
}

/// The places that are left when `first` is taken. With m placed no later choice is forced.
void CoarseWalk::lay_out(std::size_t first) {
    places_.clear();
    for (std::size_t i = 0; i < free_; ++i) {
        if (i != first) places_.push_back({i, first < free_ && i < first ? m_ : m_ + 1, 1});
    }
    for (std::size_t d = places_.size(); d-- > 1;) {
        places_[d - 1].completions = places_[d].completions * places_[d].tokens;
    }
}

void CoarseWalk::bound_rests() {
    for (const End end : kBothEnds) {
        std::fill(rests_[places_.size()][end].begin(), rests_[places_.size()][end].end(), 0.0F);
        for (std::size_t d = places_.size(); d-- > 0;) {
            const Place& place = places_[d];
            const auto& largest = place.tokens > m_ ? with_m_[end] : below_[end];
            for (std::size_t x = 0; x < stride_; ++x) {
                rests_[d][end][x] = largest[place.position * stride_ + x] + rests_[d + 1][end][x];
            }
        }
    }
}

/// The sums of the query alone.
void CoarseWalk::start() {
    for (const End end : kBothEnds) {
        std::vector<float>& sums = sums_[0][end];
        std::fill(sums.begin(), sums.end(), end == End::upper ? -kInfinity : kInfinity);
        const float *of_query = tables_->row(end, free_, tables_->query()),
                    shift = tables_->shift(end, free_, tables_->query(), m_);
        for (const std::uint32_t x : outputs_) sums[x] = of_query[x] + shift;
    }
}

/// The sequences in which position `first` is the first to hold m; free_: the query itself is m.
void CoarseWalk::walk_part(std::size_t first) {
    lay_out(first);
    bound_rests();
    start();
    if (first < free_) {
        tokens_[first] = static_cast<std::uint32_t>(m_);
        add(sums_[0], first, m_, sums_[0]);
    }
    if (!settled(0, places_[0].tokens * places_[0].completions)) visit(0);
}

/// Where the order does not matter: one sequence, from the largest token down, stands for all with its
/// tokens.
void CoarseWalk::walk_sorted(bool seen) {
    lay_out(free_);
    bound_rests();
    start();
    std::uint64_t orders = 1;
    for (std::uint64_t i = 2; i <= free_; ++i) orders *= i;
    visit_sorted(0, !seen, orders, 0);
}

/// Place d takes no larger token than the place before. `orders`: of all places, where only the tokens so far
/// may be equal; `run`: how many equal ones they end with.
void CoarseWalk::visit_sorted(std::size_t d, bool m_needed, std::uint64_t orders, std::uint64_t run) {
    if (stop()) return;
    const std::size_t top = d == 0 ? m_ : tokens_[d - 1];
    if (d + 1 == free_) {
        places_[d].tokens = top + 1;
        const std::uint64_t orders_of_top = orders / (run + 1);
        if (!settled(d, top * orders + orders_of_top)) sweep_last(d, orders, orders_of_top);
        return;
    }
    if (d + 2 == free_) choose_likely(sums_[d], d + 1);
    for (std::size_t t = m_needed ? top : 0; t <= top && !stopped_; ++t) {
        add(sums_[d], d, t, sums_[d + 1]);
        tokens_[d] = static_cast<std::uint32_t>(t);
        const std::uint64_t run_of_t = t == top ? run + 1 : 1;
        visit_sorted(d + 1, false, orders / run_of_t, run_of_t);
    }
}

void CoarseWalk::add(const Sums& from, std::size_t position, std::size_t t, Sums& to) const {
    for (const End end : kBothEnds) {
        shifted_sum(from[end].data(), row(end, position, t), shift(end, position, t), stride_,
                    to[end].data());
    }
}

/// Are all completions of the first d places right, or all wrong?
bool CoarseWalk::settled(std::size_t d, std::uint64_t completions) {
    const std::uint32_t whole = 0;
    float worst = 0, surest = 0;
    largest_sums(sums_[d].upper.data(), rests_[d].upper.data(), stride_, &whole, 1, &worst);
    smallest_sums(sums_[d].negated_lower.data(), rests_[d].negated_lower.data(), stride_, &whole, 1, &surest);
    if (worst < 0) {
        counts_->right += completions;
    } else if (surest <= 0) {
        counts_->wrong += completions;
    } else {
        return false;
    }
    return true;
}

bool CoarseWalk::stop() {
    if (!stopped_ && ++visits_ % 64 == 0) stopped_ = stop_requested() || deadline_.passed();
    return stopped_;
}

/// Place d takes each token; sums_[d] has what comes before.
void CoarseWalk::visit(std::size_t d) {
    if (stop()) return;
    const Place place = places_[d];
    if (d + 1 == places_.size()) choose_likely(sums_[d], place.position);
    if (d + 1 == places_.size()) return sweep_last(d);
    if (d + 2 == places_.size()) choose_likely(sums_[d], places_[d + 1].position);
    for (std::size_t t = 0; t < place.tokens && !stopped_; ++t) {
        add(sums_[d], place.position, t, sums_[d + 1]);
        if (settled(d + 1, place.completions)) continue;
        tokens_[place.position] = static_cast<std::uint32_t>(t);
        if (d + 2 == places_.size()) {
            sweep_last(d + 1);
        } else {
            visit(d + 1);
        }
    }
}

/// The outputs nearest to winning, and their terms at the last place.
void CoarseWalk::choose_likely(const Sums& sums, std::size_t position) {
    likely_ = outputs_;
    const auto middle = likely_.begin() + kLikely;
    std::nth_element(likely_.begin(), middle, likely_.end(), [&](std::uint32_t a, std::uint32_t b) {
        return sums.negated_lower[a] < sums.negated_lower[b];
    });
    likely_.resize(kLikely);
    likely_rows_.clear();
    for (const std::uint32_t x : likely_) likely_rows_.push_back(likely_row(position, x));
    likely_start_.resize(likely_.size());
}

/// Negated lower ends of the terms of one output; infinite where they are not known.
const float* CoarseWalk::likely_row(std::size_t position, std::uint32_t x) {
    float* column = columns_.data() + (position * stride_ + x) * stride_;
    char& known = column_known_[position * stride_ + x];
    if (!known) {
        const bool finite = tables_->column(End::lower, position, x, m_, column_.data());
        for (std::size_t t = 0; t < stride_; ++t) {
            column[t] = finite ? static_cast<float>(column_[t]) : kInfinity;  // rounds upward
        }
        known = 1;
    }
    return column;
}

/// Place d, the last, takes each token. A sequence stands for `orders` of them, or for `orders_of_top` if the
/// token is the largest that may stand there.
void CoarseWalk::sweep_last(std::size_t d, std::uint64_t orders, std::uint64_t orders_of_top) {
    const Place& place = places_[d];
    const std::size_t top = place.tokens - 1;
    const auto ways_left = [&]() -> std::uint64_t {
        if (left_.empty()) return 0;
        return left_.back() == top ? (left_.size() - 1) * orders + orders_of_top : left_.size() * orders;
    };
    for (std::size_t k = 0; k < likely_.size(); ++k) likely_start_[k] = sums_[d].negated_lower[likely_[k]];
    counts_->sweeps += outputs_.size();
    left_.resize(stride_);
    left_.resize(positive_in_all(likely_rows_.data(), likely_start_.data(), likely_.size(), place.tokens,
                                 left_.data()));
    std::uint64_t ways = ways_left();
    counts_->wrong += top * orders + orders_of_top - ways;
    if (left_.empty()) return;
    drop_settled(sums_at_last(End::upper, d), [](float worst) { return worst < 0; });
    counts_->right += ways - ways_left();
    if (left_.empty()) return;
    ways = ways_left();
    drop_settled(sums_at_last(End::lower, d), [](float surest) { return surest <= 0; });
    counts_->wrong += ways - ways_left();
    for (const std::uint32_t t : left_) {
        tokens_[place.position] = t;
        rule_on_sequence(t == top ? orders_of_top : orders);
    }
}

/// By left_: the largest of the sums of upper ends, or the smallest of those of negated lower ones.
const float* CoarseWalk::sums_at_last(End end, std::size_t d) {
    const std::size_t position = places_[d].position;
    const auto sums = end == End::upper ? largest_sums : smallest_sums;
    sums(sums_[d][end].data(), row(end, position, 0), stride_, left_.data(), left_.size(), left_sums_.data());
    for (std::size_t j = 0; j < left_.size(); ++j) left_sums_[j] += shift(end, position, left_[j]);
    return left_sums_.data();
}

/// Drops those of left_ that their sum settles.
template <class Settled>
void CoarseWalk::drop_settled(const float* sums, Settled settled) {
    std::size_t kept = 0;
    for (std::size_t j = 0; j < left_.size(); ++j) {
        left_[kept] = left_[j];
        kept += settled(sums[j]) ? 0 : 1;
    }
    left_.resize(kept);
}

/// tokens_, in double intervals, for `orders` sequences.
void CoarseWalk::rule_on_sequence(std::uint64_t orders) {
    bool open = false;
    for (const std::uint32_t x : outputs_) {
        Interval sum;
        for (std::size_t i = 0; i <= free_; ++i) sum += tables_->term(tokens_[i], i, x, m_);
        if (certainly_negative(sum)) continue;
        if (certainly_nonnegative(sum)) {
            counts_->wrong += orders;
            return;
        }
        open = true;
    }
    (open ? counts_->open : counts_->right) += orders;
}

}  // namespace maxcert
