// The margin stays the decimal text that was asked for; a number type gets an enclosure of it, whose upper
// end is what proofs use.
#include "certify/model/margin.hpp"

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "data/base/counts.hpp"
#include "data/base/errors.hpp"

namespace maxcert {

Margin::Margin(const std::string& text) : text_(text) {
    static const std::regex decimal(R"([0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?)");
    if (!std::regex_match(text, decimal)) {
        throw UsageError("--margin takes a decimal number >= 0 such as 0.01, not '" + text.substr(0, 60) +
                         "'");
    }
    const WorkingPrecision bits(64);
    const MpfrInterval value = MpfrInterval::from_decimal(text.c_str());
    lower_ = lower_double(value);
    upper_ = upper_double(value);
    if (!(upper_ < 1e300)) throw UsageError("--margin " + text + " is too large");
}

Margin Margin::widened(double extra) const {
    Margin wider = *this;
    const RoundUpward up;
    wider.extra_ = extra_ + extra;
    return wider;
}

mpq_class Margin::exact() const {
    const std::size_t mark = std::min(text_.find_first_of("eE"), text_.size());
    std::string digits = text_.substr(0, mark);
    long exponent = mark < text_.size() ? std::stol(text_.substr(mark + 1)) : 0;
    const std::size_t point = digits.find('.');
    if (point != std::string::npos) {
        exponent -= static_cast<long>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    const mpz_class power = maxcert::power(10, static_cast<unsigned long>(std::labs(exponent)));
    mpq_class value(mpz_class(digits, 10));
    if (exponent < 0) {
        value /= power;
    } else {
        value *= power;
    }
    return value + mpq_class(extra_);
}

template <>
Interval Margin::enclose<Interval>() const {
    return Interval::between(lower_, upper_) + exactly<Interval>(extra_);
}

template <>
MpfrInterval Margin::enclose<MpfrInterval>() const {
    return MpfrInterval::from_decimal(text_.c_str()) + exactly<MpfrInterval>(extra_);
}

template <>
Estimate Margin::enclose<Estimate>() const {
    return exactly<Estimate>(upper_ + extra_);
}

}  // namespace maxcert
