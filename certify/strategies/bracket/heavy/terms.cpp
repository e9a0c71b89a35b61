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

bool heavy_terms_fit(const GroupTerms& terms) {
    const auto positions = static_cast<double>(terms.group.positions);
    const double digits = positions * std::log10(static_cast<double>(terms.group.tokens()));
    if (!(positions < 64) || !(digits < 300)) return false;
    const auto fits = [](double term) { return std::fabs(term) < 1e280; };
    return std::all_of(terms.wins.begin(), terms.wins.end(), [&](const Event& e) {
        return fits(e.constant_upper) && fits(e.constant_lower) &&
               std::all_of(e.upper.begin(), e.upper.end(), fits) &&
               std::all_of(e.lower.begin(), e.lower.end(), fits);
    });
}

HeavyTerms::HeavyTerms(const RoundUpward&, const GroupTerms& terms)
    : outputs(terms.wins.size()),
      tokens(terms.group.tokens()),
      positions(terms.group.positions),
      needs_m(!terms.group.seen()) {
    std::vector<double> by_token(tokens, 0.0), by_position(positions, 0.0);
    for (const Event& e : terms.wins) {
        for (std::size_t i = 0; i < positions; ++i) {
            for (std::size_t t = 0; t < tokens; ++t) {
                const double weight = std::fabs(e.upper[i * tokens + t]);
                by_token[t] = std::max(by_token[t], weight);
                by_position[i] = std::max(by_position[i], weight);
            }
        }
    }
    const auto token_of = heaviest_first(by_token), position_of = heaviest_first(by_position);
    while (token_of[rank_of_m] != terms.group.m) ++rank_of_m;
    for (const std::size_t i : position_of) place_weight.push_back(by_position[i]);

    const std::size_t entries = outputs * (tokens + 1) * positions;
    upper.assign(entries, -std::numeric_limits<double>::infinity());
    negated_lower = highest = negated_lowest = upper;
    for (std::size_t x = 0; x < outputs; ++x) {
        const Event& e = terms.wins[x];
        constant_upper.push_back(e.constant_upper);
        negated_constant_lower.push_back(-e.constant_lower);
        for (std::size_t rank = tokens; rank-- > 0;) {
            for (std::size_t p = 0; p < positions; ++p) {
                const std::size_t from = position_of[p] * tokens + token_of[rank], to = at(x, rank, p);
                upper[to] = e.upper[from];
                negated_lower[to] = -e.lower[from];
                highest[to] = std::max(upper[to], highest[to + positions]);
                negated_lowest[to] = std::max(negated_lower[to], negated_lowest[to + positions]);
            }
        }
    }
    for (std::size_t rank = 0; rank <= tokens; ++rank) {
        const auto choices = static_cast<double>(tokens - rank);
        CountEnds ways{1, -1};
        for (std::size_t r = 0; r <= positions; ++r) {
            fillings_.push_back(ways);
            ways = ways * CountEnds{choices, -choices};
        }
    }
}

}  // namespace maxcert
