// How likely the sum over some places, filled at random with tokens from some rank on, reaches a value: at
// most, and at least (SOUNDNESS T5d).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "certify/strategies/bracket/heavy/terms.hpp"

namespace maxcert {

/// Tables are made when they are first asked for, by one convolution per place, on a grid whose step follows
/// the widest term among the tokens left. Places whose weights differ little share a class: a table knows
/// only how many places of each class it covers, and takes the extreme terms over the class.
class TailTables {
  public:
    /// A set of places, by how many of each class it has.
    using Code = std::uint64_t;

    /// Places go into one class while the heaviest weighs at most `class_ratio` times the lightest; `bins`:
    /// steps over the widest range of terms at one place.
    TailTables(const RoundUpward&, const HeavyTerms& terms, double class_ratio, std::size_t bins,
               std::size_t most_entries);
    ~TailTables();

    /// What a place adds to the code of a set.
    Code unit(std::size_t place) const { return units_[class_of_[place]]; }

    struct Table;
    /// Of `r` places that are filled with tokens from `rank` on, among those fillings that contain m where
    /// `need_m` (there must be some). Nothing if there is no such table and none may be made, be it that
    /// `may_make` is false or that the tables are full.
    const Table* find(std::size_t output, std::size_t rank, End end, Code code, std::size_t r, bool need_m,
                      bool may_make);

    std::uint64_t work() const { return work_; }

  private:
    struct Level;
    std::unique_ptr<Level> make_level(std::size_t output, std::size_t rank, End end);
    const Table* table(Level& level, Code code, std::size_t r, bool need_m, bool may_make);
    Table make(Level& level, Code code, std::size_t r, bool need_m);

    const HeavyTerms& terms_;
    std::size_t bins_, most_entries_;
    std::vector<std::size_t> class_of_;  // by place
    std::vector<std::vector<std::size_t>> places_;
    std::vector<Code> units_;                     // by class
    std::vector<std::unique_ptr<Level>> levels_;  // [(output * (tokens + 1) + rank) * 2 + end]
    std::size_t entries_ = 0;                     // of all tables
    std::uint64_t work_ = 0;
};

/// A tail P(sum in steps >= j): 1 up to j = low, entries[j - low - 1] up to high, then 0. The sum is at most
/// (at least) offset + steps / inverse_step; for the lower end shares and offset are negated.
struct TailTables::Table {
    End end = End::upper;
    std::int32_t low = 0, high = 0;
    double offset = 0, inverse_step = 1;
    std::vector<float> entries;

    /// Of the fillings with sum + (terms) >= 0: at least the share, where `sum` is at least the true partial
    /// sum; for the lower end minus at most the share, where `sum` is at least minus the true partial sum.
    double share(double sum) const;
};

}  // namespace maxcert
