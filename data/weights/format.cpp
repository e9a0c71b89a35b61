// Rounds to nearest, ties to even, by exact arithmetic on the float's parts; what would overflow is refused.
#include "data/weights/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

struct Layout {
    int fraction_bits;
    int smallest_exponent;  // of a normal number
    double largest;
};

Layout layout(WeightFormat format) {
    if (format == WeightFormat::bf16) return {7, -126, 0x1.fep127};
    return {10, -14, 65504.0};
}

}  // namespace

WeightFormat parse_weight_format(const std::string& name) {
    for (const auto format : {WeightFormat::float32, WeightFormat::bf16, WeightFormat::fp16}) {
        if (name == name_of(format)) return format;
    }
    throw UsageError("weights have the format float32, bf16 or fp16, not '" + name + "'");
}

const char* name_of(WeightFormat format) {
    switch (format) {
        case WeightFormat::bf16:
            return "bf16";
        case WeightFormat::fp16:
            return "fp16";
        default:
            return "float32";
    }
}

float rounded_to(float value, WeightFormat format) {
    if (format == WeightFormat::float32 || value == 0 || !std::isfinite(value)) return value;
    const Layout to = layout(format);
    // In units of the format's last place at this size: an exact double below 2^24.
    const int unit = std::max(std::ilogb(value), to.smallest_exponent) - to.fraction_bits;
    const double scaled = std::ldexp(std::fabs(static_cast<double>(value)), -unit);
    double whole = std::floor(scaled);
    const double rest = scaled - whole;
    if (rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2.0) != 0)) whole += 1;
    const double rounded = std::ldexp(whole, unit);
    if (rounded > to.largest) return std::copysign(std::numeric_limits<float>::infinity(), value);
    return std::copysign(static_cast<float>(rounded), value);
}

Weights rounded_to(const Weights& weights, WeightFormat format) {
    Weights result = weights;
    const auto round = [format](std::vector<float>& matrix, const char* name) {
        for (std::size_t i = 0; i < matrix.size(); ++i) {
            matrix[i] = rounded_to(matrix[i], format);
            if (!std::isfinite(matrix[i])) {
                throw InputError("weights", name, fmt::format("entry {} overflows {}", i, name_of(format)),
                                 "certify them as float32, or in a format with a wider range");
            }
        }
    };
    round(result.W_E, "W_E"), round(result.W_pos, "W_pos"), round(result.W_Q, "W_Q");
    round(result.W_K, "W_K"), round(result.W_V, "W_V"), round(result.W_O, "W_O"), round(result.W_U, "W_U");
    return result;
}

}  // namespace maxcert
