// The ends of enclosures, kept apart so that a loop runs over one of them.
#pragma once

namespace maxcert {

enum class End { lower, upper };

inline constexpr End kBothEnds[] = {End::lower, End::upper};

constexpr End other(End end) {
    return end == End::upper ? End::lower : End::upper;
}

/// Something for each end. Lower ends are negated, so that rounding upward serves both.
template <class T>
struct Ends {
    T negated_lower{}, upper{};

    T& operator[](End end) { return end == End::upper ? upper : negated_lower; }
    const T& operator[](End end) const { return end == End::upper ? upper : negated_lower; }
};

}  // namespace maxcert
