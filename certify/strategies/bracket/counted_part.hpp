// A part of a group whose wrong fillings are counted more and more closely (SOUNDNESS T5b, "Several
// outputs").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/strategies/bracket/grid/convolution.hpp"
#include "certify/strategies/bracket/parts.hpp"

namespace maxcert {

/// Bounds in how many fillings some output wins, from counts of single outputs and of pairs. Any choice of
/// what to count next is sound.
class CountedPart {
  public:
    /// Counts every output once, on a coarse grid. `part` must outlive this; `work` grows by the operations
    /// spent.
    CountedPart(const RoundUpward& up, const Part& part, std::uint64_t& work);

    const CountRange& wrong() const { return wrong_; }
    /// How much the best count may bring for its price; 0 if there is nothing to count any more.
    double promise() const { return best_ == nullptr ? 0 : best_->promise(); }
    /// Makes it; there must be something to count.
    void refine(std::uint64_t& work);

  private:
    /// In how many fillings one output wins, or two do.
    struct Tally {
        std::vector<const Event*> wins;
        CountRange range;
        std::size_t grid;  // of the next count; 0 for a pair: of the mean of both
        double price;      // about its work
        double hope_below = 0,
               hope_above = 0;  // how much the union's ends may gain by a better range, at most

        bool pair() const { return wins.size() == 2; }
        double promise() const;
    };
    void count(Tally& tally, const Ends<bool>& wanted, std::uint64_t& work);
    void bound();

    const RoundUpward& up_;
    const Fillings& fillings_;
    double terms_;
    std::vector<Tally> singles_;  // likeliest first
    std::vector<Tally> pairs_;    // of the first outputs, j < k at k (k - 1) / 2 + j
    CountRange wrong_;
    Tally* best_ = nullptr;
};

}  // namespace maxcert
