// Which models are too large for a strategy's tables: asked before anything is allocated.
#pragma once

#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

/// No strategy's tables may take more memory than this, by the estimate of size_limit.cpp.
constexpr double kMaxTableBytes = 0x1p33;

/// Why no strategy of the family (StrategyInfo::family) runs on models of this shape, or empty.
std::string too_large(const std::string& family, const Shape& shape);

}  // namespace maxcert
