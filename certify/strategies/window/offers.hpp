// What partitions offer each (query, maximum) pair, in plain doubles, and which offers to take: untrusted.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace maxcert {

/// What a partition proves of a pair, as a share of all sequences, and for how many operations.
struct Offer {
    double gain = 0, price = 0;
};

/// What pairs take: the number of a partition, 0 for none.
struct Choice {
    std::vector<std::uint8_t> by_pair;
    double gain = 0, price = 0;  ///< of all pairs together
};

/// By pair, the offers of the partitions tried so far, one after the other; a pair that a partition was not
/// tried on gets none. All in one list, since there are thousands of pairs.
class Offers {
  public:
    /// At most `most` partitions will be tried.
    Offers(std::size_t pairs, std::size_t most) : most_(most), pairs_(pairs), offers_(pairs * most) {}

    void add(std::size_t pair, std::uint8_t choice, const Offer& offer) {
        Pair& p = pairs_[pair];
        offers_[pair * most_ + p.offers++] = {choice, offer};
        p.best_gain = std::max(p.best_gain, offer.gain);
        p.last_price = offer.price;
    }
    double best_gain(std::size_t pair) const { return pairs_[pair].best_gain; }
    double last_price(std::size_t pair) const { return pairs_[pair].last_price; }

    /// What each of the pairs first .. last - 1 takes if an operation has to bring `share` of all sequences.
    Choice choose(double share, std::size_t first, std::size_t last) const {
        Choice all;
        for (std::size_t i = first; i < last; ++i) {
            double best = 0;
            Offer taken;
            std::uint8_t by_pair = 0;
            for (std::size_t k = i * most_; k < i * most_ + pairs_[i].offers; ++k) {
                const auto& [choice, offer] = offers_[k];
                const double value = offer.gain - share * offer.price;
                if (value > best) best = value, taken = offer, by_pair = choice;
            }
            all.by_pair.push_back(by_pair);
            all.gain += taken.gain;
            all.price += taken.price;
        }
        return all;
    }
    Choice choose(double share) const { return choose(share, 0, pairs_.size()); }

  private:
    struct Pair {
        std::size_t offers = 0;
        double best_gain = 0, last_price = 0;
    };
    std::size_t most_;
    std::vector<Pair> pairs_;
    std::vector<std::pair<std::uint8_t, Offer>> offers_;  // [pair, most_]
};

/// The smallest share (to a thousandth) at which price_at(share), which falls as shares grow, is within
/// `operations`.
template <class PriceAt>
double share_within(double operations, const PriceAt& price_at) {
    double low = std::log(1e-18), high = 0;
    const auto fits = [&](double logarithm) { return price_at(std::exp(logarithm)) <= operations; };
    if (fits(low)) return std::exp(low);
    while (high - low > 1e-3) {
        const double middle = (low + high) / 2;
        (fits(middle) ? high : low) = middle;
    }
    return std::exp(high);
}

}  // namespace maxcert
