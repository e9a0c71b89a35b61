// What barrier_test.py must find: arithmetic before a rounding guard, after it, or on one of two paths. And
// one function whose arithmetic is where it belongs.
#include "certify/arithmetic/rounding.hpp"

namespace maxcert {

void use(double& value);

void sum_before(double a, double b) {
    double sum = a + b;
    const RoundUpward up;
    use(sum);
}

double sum_after(double a, double b) {
    {
        const RoundUpward up;
        use(a);
    }
    return a * b;
}

void sum_on_one_path(double a, double b, bool guarded) {
    if (guarded) {
        const RoundUpward up;
        use(a);
        return;
    }
    double sum = a / b;
    use(sum);
}

void sum_inside(double a, double b) {
    const RoundUpward up;
    use(a);
    double sum = a + b;
    use(sum);
}

}  // namespace maxcert
