// Chooses the classes of outputs for every maximum, in plain doubles. Untrusted: any classes are sound.
#pragma once

#include <vector>

#include "certify/model/model.hpp"
#include "certify/strategies/window/output_classes.hpp"

namespace maxcert {

/// By maximum: outputs that can win stand on their own, the others in runs that are hardly likelier to win
/// than their likeliest member, or whose best token lifts them by at most `harmless` of what one m takes from
/// them.
std::vector<ClassStarts> outputs_that_can_win(Model& model, double harmless);

}  // namespace maxcert
