// The cells of one (query, maximum) pair, walked as a tree (SOUNDNESS T5c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/strategies/window/pair_terms.hpp"

namespace maxcert {

/// Told of every proved cell: the numbers taken from the first blocks, and how many positions are left for
/// the further ones.
struct IgnoreCell {
    void operator()(const std::vector<std::size_t>&, std::size_t) const {}
};

/// Splits n-1 positions over the blocks, from the maximum down. A node fixes the numbers of the blocks before
/// b and leaves r positions for block b and further ones; it is proved at once if the worst of these, r times
/// over, does no harm, and given up if the best would not help.
template <class N, class OnCell = IgnoreCell>
class CellWalk {
  public:
    CellWalk(const PairTerms<N>& terms, const SequenceCounts& counts, OnCell on_cell = {})
        : terms_(terms),
          counts_(counts),
          on_cell_(on_cell),
          classes_(terms.query.size()),
          sums_(terms.blocks.size() + 1, classes_),
          multiplicity_(terms.blocks.size() + 1) {}

    /// `m_needed`: the query is not the maximum itself, so one of the positions must hold it; block 0 is the
    /// maximum alone, and there are further blocks.
    void run(std::size_t positions, bool m_needed) {
        for (std::size_t c = 0; c < classes_; ++c) sums_(0, c) = terms_.query[c];
        multiplicity_[0] = 1;
        if (!m_needed) {
            visit(0, positions);
        } else if (positions > 0 && terms_.blocks.size() > 1) {
            split(0, positions, 1);
        }
    }

    const Count& proved() const { return proved_; }
    std::uint64_t cells() const { return cells_; }  ///< nodes that were proved
    std::uint64_t operations() const { return operations_; }
    bool open() const { return open_; }  ///< the arithmetic was too coarse to decide some cell

  private:
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    N value(std::size_t b, std::size_t r, std::size_t c, const Matrix<N>& extreme) {
        if (r == 0) return sums_(b, c);
        if (r == 1) return ++operations_, sums_(b, c) + extreme(b, c);
        operations_ += 2;
        return sums_(b, c) + integer<N>(static_cast<long>(r)) * extreme(b, c);
    }

    /// A class that the node's bound does not exclude, the last trouble-maker first.
    std::size_t failing_class(std::size_t b, std::size_t r) {
        for (std::size_t i = 0; i < classes_; ++i) {
            const std::size_t c = i == 0 ? suspect_ : (i <= suspect_ ? i - 1 : i);
            ++operations_;
            if (!certainly_negative(value(b, r, c, terms_.most))) return suspect_ = c;
        }
        return kNone;
    }

    /// The class stands in the way of every cell of the node.
    bool refuted(std::size_t b, std::size_t r, std::size_t c) {
        ++operations_;
        return certainly_nonnegative(value(b, r, c, terms_.least));
    }

    void visit(std::size_t b, std::size_t r) {
        // Too small to be worth the work; giving up a node proves nothing, which is sound.
        mass_ = multiplicity_[b] * counts_.power(terms_.blocks[b].last + 1, r);
        if (mass_ < counts_.negligible()) return;
        const std::size_t failing = failing_class(b, r);
        if (failing == kNone) {
            ++cells_;
            on_cell_(taken_, r);
            proved_ += mass_;
            return;
        }
        for (std::size_t i = 0; i < classes_; ++i) {
            if (refuted(b, r, (failing + i) % classes_)) return;
        }
        if (r > 0 && b + 1 < terms_.blocks.size()) {
            split(b, r, 0);
        } else {
            open_ = true;
        }
    }

    void split(std::size_t b, std::size_t r, std::size_t fewest) {
        const std::size_t size = terms_.blocks[b].last - terms_.blocks[b].first + 1;
        for (std::size_t c = 0; c < classes_; ++c) {
            sums_(b + 1, c) = sums_(b, c);
            if (fewest == 1) sums_(b + 1, c) += terms_.gain(b, c);
        }
        operations_ += fewest * classes_;
        for (std::size_t n = fewest; n <= r; ++n) {
            if (n > fewest) {
                for (std::size_t c = 0; c < classes_; ++c) sums_(b + 1, c) += terms_.gain(b, c);
                operations_ += classes_;
            }
            taken_.push_back(n);
            multiplicity_[b + 1] = multiplicity_[b] * counts_.choices(r, n) * counts_.power(size, n);
            visit(b + 1, r - n);
            taken_.pop_back();
        }
    }

    const PairTerms<N>& terms_;
    const SequenceCounts& counts_;
    OnCell on_cell_;
    std::size_t classes_;
    Matrix<N> sums_;                   ///< [depth, classes]
    std::vector<Count> multiplicity_;  ///< by depth: sequences per choice of what is left
    std::vector<std::size_t> taken_;   ///< by block before the present node's
    std::size_t suspect_ = 0;
    Count mass_;  ///< sequences of the node being decided
    Count proved_ = 0;
    std::uint64_t cells_ = 0, operations_ = 0;
    bool open_ = false;
};

}  // namespace maxcert
