#include "certify/strategies/families.hpp"

namespace maxcert {

void add_subcubic(StrategyList&) {}

}  // namespace maxcert
