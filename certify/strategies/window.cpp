#include "certify/strategies/families.hpp"

namespace maxcert {

void add_window(StrategyList&) {}

}  // namespace maxcert
