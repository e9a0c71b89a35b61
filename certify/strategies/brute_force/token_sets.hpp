// With which tokens at the last place an output wins, looked up by what the other places add up to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace maxcert {

/// The terms of one output at one place.
struct TermColumn {
    const double *upper, *negated_lower;  ///< [tokens]: ends
};

/// For one output and up to 64 tokens: the sets of those whose terms are large enough, by how large that is.
class TokenSets {
  public:
    static constexpr std::size_t kMostTokens = 64;
    static constexpr double kBins = 4096;

    /// Tokens that may win, and those that surely do, wherever a number falls into one bin.
    struct Entry {
        std::uint64_t possible = 0, sure = 0;
    };

    /// For the terms of tokens t < n, 1 <= n <= kMostTokens, which must outlive the sets. Over all places
    /// together, whatever the tokens, `width` is at least what upper ends exceed lower ones, and `size` the
    /// sum of their magnitudes; both finite. Rounds upward.
    void make(const TermColumn& terms, std::size_t n, double width, double size);

    const TermColumn& terms() const { return terms_; }
    /// Where the last place must add at least x + base().
    const Entry& entry(double x) const;
    double base() const { return base_; }

  private:
    TermColumn terms_{};
    double base_ = 0, scale_ = 0;
    std::vector<Entry> entries_;
};

/// An output that can win with two places left.
struct OpenOutput {
    const TokenSets* sets;
    double upper, negated_lower;  ///< ends of the sum over all other places
    TermColumn terms;             ///< at the last but one place
    double short_of_base;         ///< -upper - sets->base(), rounded upward
};

/// With which tokens at the last place some output may win, or surely does.
struct TokenVerdicts {
    std::uint64_t possible = 0, sure = 0;
    unsigned not_right = 0, wrong = 0;  ///< numbers of tokens: possible or sure; sure
};

/// With token s at the last but one place. Rounds upward.
TokenVerdicts look_up(const OpenOutput* outputs, std::size_t count, std::size_t s);

}  // namespace maxcert
