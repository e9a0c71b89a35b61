// The last places of a subtree that is asked about them often, as where there are many positions: tables of
// one output, made once, answer for every prefix.
#include <algorithm>
#include <cmath>

#include "certify/strategies/brute_force/subtree.hpp"

namespace maxcert {
namespace {

/// At least what the upper ends of n terms exceed the lower ones.
double widest(const TermColumn& terms, std::size_t n) {
    double width = 0;
    for (std::size_t t = 0; t < n; ++t) width = std::max(width, terms.upper[t] + terms.negated_lower[t]);
    return width;
}

double largest_magnitude(const TermColumn& terms, std::size_t n) {
    double size = 0;
    for (std::size_t t = 0; t < n; ++t) {
        size = std::max({size, std::fabs(terms.upper[t]), std::fabs(terms.negated_lower[t])});
    }
    return size;
}

}  // namespace

/// With one output left at the last two places: whether a look at the sums of their terms rules on all
/// sequences. They are made once that many prefixes have asked.
bool Subtree::count_pairs(std::size_t d) {
    constexpr std::size_t most_pairs = 1 << 14;
    const Place &a = order_[d], &b = order_[d + 1];
    const OutputSums& sums = levels_[d].sums;
    const std::uint32_t k = sums.output[0];
    LastPlaces& places = last_places_[k];
    if (a.tokens * b.tokens > most_pairs || ++places.pairs_asked <= a.tokens) return false;
    if (places.pairs_asked == a.tokens + 1) {
        places.pairs.make(column(End::upper, a.position, k), a.tokens, column(End::upper, b.position, k),
                          b.tokens);
        places.pair_width = 0;
        for (const Place* place : {&a, &b}) {
            places.pair_width +=
                widest({column(End::upper, place->position, k), column(End::lower, place->position, k)},
                       place->tokens);
        }
    }
    // Upper ends below the first are right, and those from the second on wrong: their lower ends are at most
    // the width below them.
    const std::size_t right = places.pairs.below(-sums.upper[0]);
    const std::size_t not_wrong = places.pairs.below(sums.negated_lower[0] + places.pair_width);
    if (right != not_wrong) return false;
    counts_->right += right;
    counts_->wrong += places.pairs.size() - right;
    return true;
}

/// Whether the sets of tokens at the last place are made for every output that can win.
bool Subtree::prepare_token_sets(std::size_t d) {
    constexpr std::size_t enough = 32;
    const auto [position, tokens, completions] = order_[d + 1];
    if (tokens > TokenSets::kMostTokens) return false;
    bool all = true;
    const Level& level = levels_[d];
    open_sets_.clear();
    for (std::size_t j = 0; j < level.sums.output.size(); ++j) {
        const std::uint32_t k = level.sums.output[j];
        LastPlaces& places = last_places_[k];
        const auto terms = [&](std::size_t i) {
            return TermColumn{column(End::upper, i, k), column(End::lower, i, k)};
        };
        if (++places.tokens_asked == enough) {
            double width = own_.upper[k] + own_.negated_lower[k];
            double size = std::max(std::fabs(own_.upper[k]), std::fabs(own_.negated_lower[k]));
            for (std::size_t i = 0; i < free_; ++i) {
                width += widest(terms(i), m_ + 1);
                size += largest_magnitude(terms(i), m_ + 1);
            }
            places.tokens.make(terms(position), tokens, width, size);
        }
        all = all && places.tokens_asked >= enough;
        open_sets_.push_back({&places.tokens, level.sums.upper[j], level.sums.negated_lower[j],
                              terms(order_[d].position), -level.sums.upper[j] - places.tokens.base()});
    }
    return all;
}

/// Every sequence with token t at place d, the last but one.
void Subtree::rule_by_token_sets(std::size_t d, std::size_t t) {
    const TokenVerdicts v = look_up(open_sets_.data(), open_sets_.size(), t);
    counts_->right += order_[d].completions - v.not_right;
    counts_->wrong += v.wrong;
    std::uint64_t open = v.possible & ~v.sure;
    if (open == 0) return;
    descend(d, t);
    for (; open != 0; open &= open - 1) {
        rule_on_sequence(d + 1, static_cast<std::size_t>(__builtin_ctzll(open)));
    }
}

}  // namespace maxcert
