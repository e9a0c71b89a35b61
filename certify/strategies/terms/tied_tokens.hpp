// Tokens that can never be answered right, because another one always has the same logit.
#pragma once

#include <vector>

#include "certify/model/model.hpp"

namespace maxcert {

/// Tokens x for which another column of W_U is equal to column x: their logits tie on every input, so no
/// sequence with largest token x is right. None is known to be for a box of weights.
std::vector<bool> tied_tokens(const Model& model);

}  // namespace maxcert
