// What the walks ask of single sequences, and what they are told (SOUNDNESS T1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace maxcert {

/// Of one sequence: its largest token's logit leads every other by more than the margin, or does not.
enum class Decision : std::uint8_t { right, wrong, open };

/// A sequence that double intervals leave open, and the outputs x whose lead over `largest` is open in it.
struct OpenSequence {
    const std::vector<std::uint32_t>& tokens;  ///< [n_ctx]
    std::uint32_t largest;
    const std::vector<std::uint32_t>& outputs;
    std::size_t margin;  ///< index into the margins that the decider was made for
};

}  // namespace maxcert
