// Which models are too large for a strategy's tables: asked before anything is allocated.
#pragma once

#include <string>

#include "certify/proof/checker.hpp"

namespace maxcert {

/// No strategy's tables may take more memory than this, by the estimate of size_limit.cpp.
constexpr double kMaxTableBytes = 0x1p33;

/// Why the strategy does not run on models of this shape, or empty.
std::string too_large(const StrategyInfo& strategy, const Shape& shape);

}  // namespace maxcert
