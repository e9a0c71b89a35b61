// One function per family of strategies, which registry.cpp calls: each adds its provers in the order of its
// checkers.
#pragma once

#include "certify/proof/prover.hpp"

namespace maxcert {

void add_brute_force(ProverList& list);
void add_cubic(ProverList& list);
void add_subcubic(ProverList& list);
void add_window(ProverList& list);
void add_bracket(ProverList& list);

}  // namespace maxcert
