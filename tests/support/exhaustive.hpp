// What a small model really does, sequence by sequence, from the textbook formula at high precision. Shares
// nothing with the proofs: no paths, no separability, no intervals.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert::testing {

enum class Truth : std::uint8_t { right, wrong, undecided };

struct Exhaustive {
    std::vector<Truth> truth;  ///< by sequence_index
    std::uint64_t right = 0, wrong = 0, undecided = 0;
    std::uint64_t total() const { return truth.size(); }
};

/// Place of a sequence in Exhaustive::truth: base d_vocab, first token most significant.
std::uint64_t sequence_index(const std::vector<std::uint32_t>& tokens, std::uint32_t d_vocab);
/// The sequence at a place.
std::vector<std::uint32_t> sequence_at(std::uint64_t index, const Shape& shape);

/// Runs embed, attention with softmax, and unembed on every sequence with 1024 bits. "right": the logit at
/// the largest token beats every other by more than `margin` (a decimal). Cancellation costs these models
/// far fewer than 700 bits, so a difference below 2^-300 of its terms is called undecided, unless two columns
/// of W_U are equal: then the logits tie exactly, which is wrong.
Exhaustive run_exhaustively(const Weights& weights, const std::string& margin = "0");

}  // namespace maxcert::testing
