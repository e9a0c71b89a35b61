// The checker of brute_force.
#pragma once

#include "certify/proof/checker.hpp"

namespace maxcert {

/// The most sequences that a walk counts: what a 63-bit counter holds.
Count largest_walk();

void add_brute_force_checker(CheckerList& list);

}  // namespace maxcert
