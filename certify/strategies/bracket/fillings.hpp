// Ways to fill positions with tokens, some of which must occur: exactly, and as doubles rounded outward.
#pragma once

#include <cstddef>
#include <vector>

#include "data/base/counts.hpp"

namespace maxcert {

/// Ways to fill r positions with these many tokens so that `missing` of them, at most two, all occur.
Count fillings_with(std::size_t tokens, std::size_t missing, std::size_t r);

class Fillings {
  public:
    /// At most two different tokens may be required.
    Fillings(std::size_t tokens, std::size_t positions, std::vector<std::size_t> required);

    std::size_t tokens() const { return tokens_; }
    std::size_t positions() const { return positions_; }
    const std::vector<std::size_t>& required() const { return required_; }
    bool requires_token(std::size_t token) const;
    unsigned all_missing() const { return (1u << required_.size()) - 1; }
    const Count& size() const { return size_; }

    /// Ways to fill r positions where of the required tokens those in `missing`, a set of bits, did not occur
    /// yet: at least as many as there are, or at most.
    double at_most(unsigned missing, std::size_t r) const { return ends_[at(missing, r)].most; }
    double at_least(unsigned missing, std::size_t r) const { return ends_[at(missing, r)].least; }

  private:
    struct Ends {
        double least, most;
    };
    std::size_t at(unsigned missing, std::size_t r) const { return missing * (positions_ + 1) + r; }

    std::size_t tokens_, positions_;
    std::vector<std::size_t> required_;
    Count size_;
    std::vector<Ends> ends_;
};

}  // namespace maxcert
