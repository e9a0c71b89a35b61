// The margin δ >= 0 by which the right logit must win (SOUNDNESS T0).
#pragma once

#include <gmpxx.h>

#include <string>

#include "certify/arithmetic/counting.hpp"
#include "certify/arithmetic/estimate.hpp"
#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"

namespace maxcert {

/// A decimal number kept as text, so that the claim is about exactly what was asked.
class Margin {
  public:
    Margin() = default;
    /// Throws UsageError unless `text` is a plain decimal (digits, point, exponent), finite and >= 0.
    explicit Margin(const std::string& text);

    const std::string& text() const { return text_; }

    /// Adds `extra` >= 0 (a proved upper bound, e.g. of a float32 error) to the margin that checks use; the
    /// text stays.
    Margin widened(double extra) const;

    /// The margin that checks use, exactly.
    mpq_class exact() const;

    /// Enclosure of the margin that checks use.
    template <class N>
    N enclose() const;

  private:
    std::string text_ = "0";
    double lower_ = 0, upper_ = 0;  // enclosure of the text
    double extra_ = 0;
};

template <>
Interval Margin::enclose<Interval>() const;
template <>
MpfrInterval Margin::enclose<MpfrInterval>() const;
template <>
inline Counting Margin::enclose<Counting>() const {
    return Counting();
}
template <>
Estimate Margin::enclose<Estimate>() const;

}  // namespace maxcert
