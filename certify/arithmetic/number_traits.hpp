// What differs between number types around a check: names, and the operations they count.
#pragma once

#include <cstdint>
#include <string>

#include "certify/arithmetic/counting.hpp"
#include "certify/arithmetic/estimate.hpp"
#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"

namespace maxcert {

/// Names the number type and its precision in keys of shared tables.
template <class N>
std::string number_key();
template <>
inline std::string number_key<Interval>() {
    return "interval";
}
template <>
inline std::string number_key<Estimate>() {
    return "estimate";
}
template <>
inline std::string number_key<Counting>() {
    return "counting";
}
template <>
inline std::string number_key<MpfrInterval>() {
    return "mpfr" + std::to_string(working_precision());
}

/// Operations on N by this thread so far; 0 where N does not count.
template <class N>
std::uint64_t operations_of() {
    return 0;
}
template <>
inline std::uint64_t operations_of<MpfrInterval>() {
    return mpfr_operations();
}
template <>
inline std::uint64_t operations_of<Counting>() {
    return Counting::operations();
}

}  // namespace maxcert
