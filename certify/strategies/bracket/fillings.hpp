// Ways to fill positions with tokens, some of which must occur.
#pragma once

#include <cstddef>
#include <vector>

#include "data/base/counts.hpp"

namespace maxcert {

/// Ways to fill r positions with these many tokens so that `missing` of them, at most two, all occur.
Count fillings_with(std::size_t tokens, std::size_t missing, std::size_t r);

/// A number of fillings: at least, and at most.
struct CountRange {
    Count least = 0, most = 0;

    /// Of a number between two, and from 0 to `size`; ends that are infinite or no number say nothing.
    static CountRange between(double least, double most, const Count& size);

    double open() const { return Count(most - least).get_d(); }
};

class Fillings {
  public:
    /// At most two different tokens may be required.
    Fillings(std::size_t tokens, std::size_t positions, std::vector<std::size_t> required);

    std::size_t tokens() const { return tokens_; }
    std::size_t positions() const { return positions_; }
    const std::vector<std::size_t>& required() const { return required_; }
    bool requires_token(std::size_t token) const;
    const Count& size() const { return size_; }

  private:
    std::size_t tokens_, positions_;
    std::vector<std::size_t> required_;
    Count size_;
};

}  // namespace maxcert
