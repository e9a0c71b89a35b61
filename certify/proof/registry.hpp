// One function per family of strategies; strategies.cpp calls them all.
#pragma once

#include <memory>
#include <vector>

#include "certify/proof/strategy.hpp"

namespace maxcert {

using StrategyList = std::vector<std::unique_ptr<Strategy>>;

void add_brute_force(StrategyList& list);
void add_cubic(StrategyList& list);
void add_subcubic(StrategyList& list);
void add_window(StrategyList& list);
void add_multiset(StrategyList& list);
void add_convolution(StrategyList& list);

}  // namespace maxcert
