// Exact counts of right sequences, for several margins in one pass.
#pragma once

#include <vector>

#include "certify/proof/checker.hpp"

namespace maxcert {

/// For each margin, how many sequences lead by more than it: CheckResult::correct are proved to, all but
/// CheckResult::upper are proved not to. Honours stop requests. With Arithmetic::filtered the tables and the
/// time limit are shared by all margins. d_vocab^n_ctx must fit in 63 bits (std::invalid_argument otherwise).
std::vector<CheckResult> count_sequences(Model& model, const std::vector<Margin>& margins,
                                         const Precision& precision, const Runtime& runtime);

}  // namespace maxcert
