// Blocks of tokens as Coq's Windows.v takes them. They are hints: whatever they are, the theorem is sound.
#pragma once

#include <string>

#include "certify/strategies/window/plan.hpp"

namespace maxcert {

/// A Coq term of the type `plan`: this partition for every query and maximum.
std::string coq_blocks(const Partition& partition);

/// A Coq term of the type `plan`: for every query and maximum the partition that the plan chooses, and where
/// it chooses none, all tokens below the maximum as one block.
std::string coq_blocks(const WindowPlan& plan);

}  // namespace maxcert
