// The cells of the subcubic family (SOUNDNESS T3) and how many sequences each proves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/base/counts.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// Query q, maximum m, n tokens other than m (the query included when q differs from m).
struct Cell {
    std::uint32_t q, m, n;
};

/// What makes (q, m, n, g) a cell, and its size. A type, so that tests can put broken rules in its place.
struct CellRules {
    /// [q != m] <= n <= K-1, 1 <= g <= m, and q = m or q <= m - g; n = 0 has no gap and is no such cell.
    static bool admits(const Shape& shape, const Cell& c, std::uint32_t gap) {
        if (c.m >= shape.d_vocab || c.q > c.m) return false;
        if (c.n < 1 || c.n > shape.n_ctx - 1) return false;
        if (gap < 1 || gap > c.m) return false;
        return c.q == c.m || c.q <= c.m - gap;
    }
    /// Tokens 0 .. m - gap.
    static std::uint32_t choices(const Cell& c, std::uint32_t gap) { return c.m - gap + 1; }
    /// Whether the bound is tested where the attention is largest too, not only where it is smallest.
    static constexpr bool kBothEnds = true;
};

/// The order of the gaps in a certificate: for m = 1.., for n = 1.., for q = 0..m. It names each (q, m, n)
/// once, so no sequence can be counted twice.
template <class Visit>
void for_each_cell(const Shape& shape, Visit&& visit) {
    std::size_t index = 0;
    for (std::uint32_t m = 1; m < shape.d_vocab; ++m) {
        for (std::uint32_t n = 1; n < shape.n_ctx; ++n) {
            for (std::uint32_t q = 0; q <= m; ++q) visit(index++, Cell{q, m, n});
        }
    }
}

inline std::size_t number_of_cells(const Shape& s) {
    const std::size_t pairs = (static_cast<std::size_t>(s.d_vocab) + 2) * (s.d_vocab - 1) / 2;
    return pairs * (s.n_ctx - 1);
}

/// Non-query positions that hold a token other than m.
inline std::uint32_t free_positions(const Cell& c) {
    return c.q == c.m ? c.n : c.n - 1;
}

/// Adds up C(K-1, n') * choices^n' over cells.
class CellCounter {
  public:
    explicit CellCounter(const Shape& shape);
    void add(const Cell& cell, std::uint32_t choices) {
        ++cells_[static_cast<std::size_t>(free_positions(cell)) * bases_ + choices];
    }
    Count total() const;

  private:
    std::uint32_t n_ctx_;
    std::size_t bases_;
    std::vector<std::uint64_t> cells_;  ///< how many, by n' and choices
};

}  // namespace maxcert
