// How the tokens up to the maximum are put into blocks, and which partition each (query, maximum) pair uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "certify/proof/hint_fields.hpp"
#include "certify/strategies/window/output_classes.hpp"
#include "data/base/counts.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// Tokens first..last; a cell knows only how many positions hold one of them.
struct Block {
    std::size_t first, last;
};

/// Sizes of the blocks from the maximum down; the tokens that are left form one more block, the far ones.
/// The first is 1: the maximum on its own.
using Partition = std::vector<unsigned>;

constexpr std::size_t kMaxBlocks = 64;      ///< in a partition
constexpr std::size_t kMaxPartitions = 64;  ///< in a plan
constexpr unsigned kMaxUniformWindow = 6;

/// The blocks of tokens 0..m: not empty, disjoint, all tokens, from the maximum down.
std::vector<Block> blocks_of(const Partition& partition, std::size_t m);

/// What a window proof leaves open to search. Any plan that is within its limits is sound.
struct WindowPlan {
    std::vector<ClassStarts> outputs;  ///< by maximum
    std::vector<Partition> partitions;
    std::vector<std::uint8_t> choice;  ///< by pair_index: 0 not attempted, i for partitions[i-1]
};

/// Pairs q <= m in a row.
inline std::size_t pair_index(std::size_t q, std::size_t m) {
    return m * (m + 1) / 2 + q;
}

/// For every maximum m the outputs m-below .. m+above on their own, those under and those over them as one
/// class each.
std::vector<ClassStarts> outputs_around(std::size_t d_vocab, std::size_t below, std::size_t above);

/// For every pair `window` single tokens and the outputs along them, then a block of four tokens, then the
/// far ones. The block costs little and keeps the far tokens far.
WindowPlan uniform_plan(unsigned window, std::size_t d_vocab);

/// The plan among other hints. Throws CertificateRejected for anything out of range.
WindowPlan read_plan(HintFields& hints, std::size_t d_vocab);

/// Do 63 bits hold the number of all sequences, and the ways to choose positions? Then they hold all that a
/// walk multiplies and adds up, since it counts sets of sequences.
bool machine_integers_do(const Shape& shape);

/// Integers that count the sequences of a cell, computed once. C: Count, or std::uint64_t where
/// machine_integers_do.
template <class C = Count>
class SequenceCounts {
  public:
    explicit SequenceCounts(const Shape& shape)
        : n_ctx_(shape.n_ctx), negligible_(from(maxcert::power(shape.d_vocab, shape.n_ctx) >> 30)) {
        for (unsigned long r = 0; r < n_ctx_; ++r) {
            for (unsigned long n = 0; n < n_ctx_; ++n) binomials_.push_back(from(binomial(r, n)));
        }
        for (unsigned long tokens = 0; tokens <= shape.d_vocab; ++tokens) {
            for (unsigned long positions = 0; positions < n_ctx_; ++positions) {
                powers_.push_back(from(maxcert::power(tokens, positions)));
            }
        }
    }

    /// Ways to choose which n of r positions; n, r < n_ctx.
    const C& choices(std::size_t r, std::size_t n) const { return binomials_[r * n_ctx_ + n]; }
    /// tokens^positions; tokens <= d_vocab, positions < n_ctx.
    const C& power(std::size_t tokens, std::size_t positions) const {
        return powers_[tokens * n_ctx_ + positions];
    }

    /// A cell of fewer sequences is not worth its operations: 2^-30 of all.
    const C& negligible() const { return negligible_; }

  private:
    static C from(const Count& n) {
        if constexpr (std::is_same_v<C, Count>) {
            return n;
        } else {
            return n.get_ui();
        }
    }

    std::size_t n_ctx_;
    std::vector<C> binomials_, powers_;
    C negligible_;
};

}  // namespace maxcert
