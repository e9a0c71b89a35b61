#include "certify/strategies/families.hpp"

namespace maxcert {

void add_cubic(StrategyList&) {}

}  // namespace maxcert
