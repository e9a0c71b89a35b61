// Out of line, so that setting a mode is one call that checks what it has set.
#include "certify/arithmetic/rounding.hpp"

#include <exception>

#include "certify/arithmetic/self_test.hpp"

namespace maxcert {

Rounding::Rounding(int mode) : before_(std::fegetround()) {
    test_arithmetic_of_this_thread();
    if (std::fesetround(mode) != 0) throw ArithmeticError("the rounding mode cannot be set");
    try {
        check_control_register(mode);
    } catch (const ArithmeticError&) {
        std::fesetround(before_);
        throw;
    }
}

Rounding::~Rounding() {
    // Another guard may be in force around this one: going on in the wrong mode would make it lie.
    if (std::fesetround(before_) != 0) std::terminate();
}

}  // namespace maxcert
