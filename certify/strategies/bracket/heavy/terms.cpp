// Sorting a group's tokens and positions by weight. The order decides how much is lost, never what is sound.
#include "certify/strategies/bracket/heavy/terms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace maxcert {
namespace {

std::vector<std::size_t> heaviest_first(const std::vector<double>& weights) {
    std::vector<std::size_t> order(weights.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
    return order;
}

}  // namespace

HeavyTerms::HeavyTerms(const RoundUpward&, const GroupTerms& group)
    : outputs(group.wins.size()),
      tokens(group.group.tokens()),
      positions(group.group.positions),
      needs_m(!group.group.seen()) {
    std::vector<double> by_token(tokens, 0.0), by_position(positions, 0.0);
    for (const Event& e : group.wins) {
        for (std::size_t i = 0; i < positions; ++i) {
            for (std::size_t t = 0; t < tokens; ++t) {
                const double weight = std::fabs(e.upper[i * tokens + t]);
                by_token[t] = std::max(by_token[t], weight);
                by_position[i] = std::max(by_position[i], weight);
            }
        }
    }
    const auto token_of = heaviest_first(by_token), position_of = heaviest_first(by_position);
    while (token_of[rank_of_m] != group.group.m) ++rank_of_m;
    for (const std::size_t i : position_of) place_weight.push_back(by_position[i]);

    const std::size_t entries = outputs * (tokens + 1) * positions;
    for (const End end : kBothEnds) {
        ends[end].assign(entries, -std::numeric_limits<double>::infinity());
        extremes[end] = ends[end];
        for (std::size_t x = 0; x < outputs; ++x) {
            const Event& e = group.wins[x];
            constants[end].push_back(end == End::upper ? e.constant_upper : -e.constant_lower);
            for (std::size_t rank = tokens; rank-- > 0;) {
                for (std::size_t p = 0; p < positions; ++p) {
                    const std::size_t from = position_of[p] * tokens + token_of[rank], to = at(x, rank, p);
                    ends[end][to] = end == End::upper ? e.upper[from] : -e.lower[from];
                    extremes[end][to] = std::max(ends[end][to], extremes[end][to + positions]);
                }
            }
        }
    }
    for (std::size_t rank = 0; rank <= tokens; ++rank) {
        const auto choices = integer<Interval>(static_cast<long>(tokens - rank));
        auto ways = integer<Interval>(1);
        for (std::size_t r = 0; r <= positions; ++r) {
            fillings_.push_back(ways);
            ways *= choices;
        }
    }
}

}  // namespace maxcert
