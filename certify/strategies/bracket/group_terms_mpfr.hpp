// The terms of a group by MPFR: what --arithmetic mpfr uses in place of group_terms.hpp.
#pragma once

#include "certify/arithmetic/mpfr_interval.hpp"
#include "certify/strategies/bracket/group_terms.hpp"

namespace maxcert {

/// Paths, attention and brackets are MPFR intervals at the thread's working precision; each finished term is
/// rounded outward to doubles, which directed rounding then adds up.
class ReferenceQueryGroups {
  public:
    ReferenceQueryGroups(const RoundUpward& up, const Paths<MpfrInterval>& paths, const Margin& margin,
                         std::uint32_t q);

    GroupTerms terms(std::uint32_t m) const;

  private:
    const RoundUpward& up_;
    const Paths<MpfrInterval>& paths_;
    MpfrInterval margin_;
    std::uint32_t q_;
    Matrix<MpfrInterval> attention_;  // [position, token], relative to the largest score
};

}  // namespace maxcert
