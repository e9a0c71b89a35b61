// The margin δ >= 0 by which the right logit must win (SOUNDNESS T0).
#pragma once

#include <gmpxx.h>

#include <string>

#include "certify/arithmetic/mpfr_interval.hpp"

namespace maxcert {

/// A decimal number kept as text, so that the claim is about exactly what was asked.
class Margin {
  public:
    Margin() = default;
    /// Throws UsageError unless `text` is a plain decimal (digits, point, exponent), finite and >= 0.
    explicit Margin(const std::string& text);

    const std::string& text() const { return text_; }

    /// Adds a finite `extra` >= 0 (a proved upper bound, e.g. of a float32 error) to the margin that checks
    /// use; the text stays.
    Margin widened(double extra) const;

    /// The margin that checks use, exactly.
    const mpq_class& exact() const { return exact_; }

    /// Enclosure of the margin that checks use; in a number type that is no enclosure, its upper end.
    template <class N>
    N enclose() const;

  private:
    std::string text_ = "0";
    mpq_class exact_;
};

template <>
inline MpfrInterval Margin::enclose<MpfrInterval>() const {
    return MpfrInterval::enclosing(exact_);
}

template <class N>
N Margin::enclose() const {
    const WorkingPrecision bits(64);
    const MpfrInterval enclosure = enclose<MpfrInterval>();
    return hull(exactly<N>(upper_double(enclosure)), exactly<N>(lower_double(enclosure)));
}

}  // namespace maxcert
