// Binomials and powers of each cell, as exact integers.
#include "certify/strategies/subcubic/cells.hpp"

namespace maxcert {

CellCounter::CellCounter(const Shape& shape)
    : n_ctx_(shape.n_ctx),
      bases_(static_cast<std::size_t>(shape.d_vocab) + 2),
      cells_(bases_ * shape.n_ctx) {}

Count CellCounter::total() const {
    Count sum = 0;
    for (std::uint32_t n = 0; n < n_ctx_; ++n) {
        Count of_n = 0;
        for (std::size_t base = 0; base < bases_; ++base) {
            const std::uint64_t cells = cells_[n * bases_ + base];
            if (cells != 0) of_n += Count(static_cast<unsigned long>(cells)) * power(base, n);
        }
        sum += binomial(n_ctx_ - 1, n) * of_n;
    }
    return sum;
}

}  // namespace maxcert
