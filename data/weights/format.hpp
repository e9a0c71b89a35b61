// The number formats in which weights are deployed.
#pragma once

#include <string>

#include "data/weights/weights.hpp"

namespace maxcert {

enum class WeightFormat { float32, bf16, fp16 };

/// float32, bf16 or fp16. parse throws UsageError for another name.
WeightFormat parse_weight_format(const std::string& name);
const char* name_of(WeightFormat format);

/// `value` rounded to the nearest number of the format, ties to even; infinite where it overflows. Does not
/// depend on the rounding mode.
float rounded_to(float value, WeightFormat format);

/// Every entry rounded. Throws InputError naming the matrix and entry that overflows.
Weights rounded_to(const Weights& weights, WeightFormat format);

}  // namespace maxcert
