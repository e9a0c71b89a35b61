#include "certify/strategies/families.hpp"

namespace maxcert {

void add_multiset(StrategyList&) {}

}  // namespace maxcert
