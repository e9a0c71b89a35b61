#include "certify/strategies/families.hpp"

namespace maxcert {

void add_brute_force(StrategyList&) {}

}  // namespace maxcert
