// What MPFR keeps by thread: the working precision, and its caches.
#include "certify/arithmetic/mpfr_interval.hpp"

#include <algorithm>

#include "certify/arithmetic/self_test.hpp"

namespace maxcert {
namespace {

thread_local long precision = 128;

/// MPFR keeps constants and scratch memory per thread; without this they leak with every thread that ends.
struct FreeCacheAtThreadEnd {
    ~FreeCacheAtThreadEnd() { mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE); }
    void use() const {}
};
thread_local const FreeCacheAtThreadEnd free_cache;

}  // namespace

long working_precision() {
    return precision;
}

WorkingPrecision::WorkingPrecision(long bits) : before_(precision) {
    test_arithmetic_of_this_thread();  // doubles come in, and ends of intervals go out as doubles
    free_cache.use();                  // a thread_local object exists once it is used
    precision = std::max(bits, 53L);
}
WorkingPrecision::~WorkingPrecision() {
    precision = before_;
}

}  // namespace maxcert
