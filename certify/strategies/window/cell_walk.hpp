// The cells of one (query, maximum) pair, walked as a tree (SOUNDNESS T5c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "certify/strategies/window/pair_terms.hpp"

namespace maxcert {

/// Told of every proved cell: the numbers taken from the first blocks, and how many positions are left for
/// the further ones.
struct IgnoreCell {
    void operator()(const std::vector<std::size_t>&, std::size_t) const {}
};

/// Splits n-1 positions over the blocks, from the maximum down. A node fixes the numbers of the blocks before
/// b and leaves r positions for block b and further ones. A class that stays below 0 with the worst of these
/// r times over does so in every cell of the node and is not looked at again; where no class is left, the
/// node is proved, and where one stays at or above 0 with the best of them, it is given up. That is not tried
/// with up to two positions left and nothing taken but the maximum, where it hardly ever succeeds. A class
/// that one number of a block refutes is refuted by every larger number, where one more costs the sum as much
/// as the worst of the further blocks would.
///
/// One walk serves many pairs, one after the other: its storage is used again. C: as of SequenceCounts.
template <class N, class OnCell = IgnoreCell, class C = Count>
class CellWalk {
  public:
    explicit CellWalk(const SequenceCounts<C>& counts, OnCell on_cell = {})
        : counts_(counts), on_cell_(on_cell) {}

    /// `m_needed`: the query is not the maximum itself, so one of the positions must hold it; block 0 is the
    /// maximum alone, and there are further blocks. The terms must live until the walk ends.
    void run(const PairTerms<N>& terms, std::size_t positions, bool m_needed) {
        terms_ = &terms;
        classes_ = terms.query.size();
        const std::size_t blocks = terms.blocks.size();
        sums_.reshape(blocks + 1, classes_);
        least_.reshape(blocks, classes_);
        least_from_.assign(classes_, blocks);
        if (multiplicity_.size() < blocks + 1) multiplicity_.resize(blocks + 1);
        if (open_classes_.size() < blocks + 2) open_classes_.resize(blocks + 2);
        taken_.clear();
        proved_ = 0, cells_ = operations_ = 0, open_ = false, besides_m_ = positions;
        for (std::size_t c = 0; c < classes_; ++c) sums_(0, c) = terms.query[c];
        multiplicity_[0] = 1;
        open_classes_[0].resize(classes_);
        std::iota(open_classes_[0].begin(), open_classes_[0].end(), std::size_t{0});
        open_classes_[1] = open_classes_[0];
        if (!m_needed) {
            visit(0, positions);
        } else if (positions > 0 && blocks > 1) {
            split(0, positions, 1);
        }
    }

    const C& proved() const { return proved_; }
    std::uint64_t cells() const { return cells_; }  ///< nodes that were proved
    std::uint64_t operations() const { return operations_; }
    bool open() const { return open_; }  ///< the arithmetic was too coarse to decide some cell

  private:
    N value(std::size_t b, std::size_t r, std::size_t c, const Matrix<N>& extreme) {
        if (r == 0) return sums_(b, c);
        if (r == 1) return ++operations_, sums_(b, c) + extreme(b, c);
        operations_ += 2;
        return sums_(b, c) + integer<N>(static_cast<long>(r)) * extreme(b, c);
    }

    /// The min of gain over the blocks b and further down, for class c; made when it is first asked for.
    const Matrix<N>& least_up_to(std::size_t b, std::size_t c) {
        for (std::size_t& first = least_from_[c]; first > b; --first) {
            const std::size_t here = first - 1;
            least_(here, c) = terms_->gain(here, c);
            if (first == terms_->blocks.size()) continue;
            least_(here, c) = min(least_(first, c), least_(here, c));
            ++operations_;
        }
        return least_;
    }

    /// Fills open_classes_[b + 1] with those of open_classes_[b] that the node's bound leaves open; false if
    /// one of them stands in the way of every cell. Below the first block the next node takes one
    /// more from block b - 1: classes that stay below 0 there too are taken out of open_classes_[b].
    bool filter_classes(std::size_t b, std::size_t r) {
        std::vector<std::size_t>&from = open_classes_[b], &to = open_classes_[b + 1];
        to.clear();
        const bool decided = r == 0 || b + 1 == terms_->blocks.size();  // most and least are the same
        const bool may_be_hopeless = decided || r > 2 || r < besides_m_;
        for (std::size_t i = 0; i < from.size();) {
            const std::size_t c = from[i];
            ++operations_;
            if (certainly_negative(value(b, r, c, terms_->most))) {
                if (b > 0 && terms_->falls(b - 1, c) != 0) {
                    from[i] = from.back();
                    from.pop_back();
                } else {
                    ++i;
                }
                continue;
            }
            if (may_be_hopeless &&
                (++operations_, certainly_nonnegative(value(b, r, c, least_up_to(b, c))))) {
                std::swap(from[0], from[i]);  // the likeliest to refute the next node as well
                return false;
            }
            to.push_back(c);
            ++i;
        }
        return true;
    }

    void visit(std::size_t b, std::size_t r) {
        checkpoint(16 + classes_);
        // Too small to be worth the work; giving up a node proves nothing, which is sound.
        mass_ = multiplicity_[b] * counts_.power(terms_->blocks[b].last + 1, r);
        if (mass_ < counts_.negligible()) return;
        if (!filter_classes(b, r)) return;
        if (open_classes_[b + 1].empty()) {
            ++cells_;
            on_cell_(taken_, r);
            proved_ += mass_;
            return;
        }
        if (r > 0 && b + 1 < terms_->blocks.size()) {
            split(b, r, 0);
        } else {
            open_ = true;
        }
    }

    void split(std::size_t b, std::size_t r, std::size_t fewest) {
        const std::size_t size = terms_->blocks[b].last - terms_->blocks[b].first + 1;
        const std::vector<std::size_t>& open = open_classes_[b + 1];  // fewer with every n
        for (const std::size_t c : open) sums_(b + 1, c) = sums_(b, c);
        for (std::size_t n = 0; n <= r; ++n) {
            if (n > 0) {
                for (const std::size_t c : open) sums_(b + 1, c) += terms_->gain(b, c);
                operations_ += open.size();
            }
            if (n < fewest) continue;
            if (b == 0) besides_m_ = r - n;
            taken_.push_back(n);
            multiplicity_[b + 1] = multiplicity_[b] * counts_.choices(r, n);
            multiplicity_[b + 1] *= counts_.power(size, n);
            visit(b + 1, r - n);
            taken_.pop_back();
        }
    }

    const PairTerms<N>* terms_ = nullptr;
    const SequenceCounts<C>& counts_;
    OnCell on_cell_;
    std::size_t classes_ = 0;
    Matrix<N> sums_;                       ///< [depth, classes]
    Matrix<N> least_;                      ///< as least_up_to() fills it
    std::vector<std::size_t> least_from_;  ///< by class, the first block that least_ knows
    std::vector<C> multiplicity_;          ///< by depth: sequences per choice of what is left
    std::vector<std::size_t> taken_;       ///< by block before the present node's
    /// By depth: the classes that the bounds of the nodes above leave open.
    std::vector<std::vector<std::size_t>> open_classes_;
    std::size_t besides_m_ = 0;  ///< positions that block 0, the maximum, leaves to the others
    C mass_ = 0;                 ///< sequences of the node being decided
    C proved_ = 0;
    std::uint64_t cells_ = 0, operations_ = 0;
    bool open_ = false;
};

}  // namespace maxcert
