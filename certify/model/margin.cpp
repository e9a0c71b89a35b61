// The margin stays the decimal text that was asked for; a number type gets an enclosure of it, whose upper
// end is what proofs use.
#include "certify/model/margin.hpp"

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "data/base/counts.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

/// The value of digits, a point and an exponent.
mpq_class decimal_value(const std::string& text) {
    const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
    std::string digits = text.substr(0, mark);
    long exponent = mark < text.size() ? std::stol(text.substr(mark + 1)) : 0;
    const std::size_t point = digits.find('.');
    if (point != std::string::npos) {
        exponent -= static_cast<long>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    const mpq_class whole(mpz_class(digits, 10)),
        scale(power(10, static_cast<unsigned long>(std::labs(exponent))));
    return exponent < 0 ? mpq_class(whole / scale) : mpq_class(whole * scale);
}

}  // namespace

Margin::Margin(const std::string& text) : text_(text) {
    static const std::regex decimal(R"([0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?)");
    if (!std::regex_match(text, decimal)) {
        throw UsageError("--margin takes a decimal number >= 0 such as 0.01, not '" + text.substr(0, 60) +
                         "'");
    }
    exact_ = decimal_value(text);
    if (exact_ >= mpq_class(1e300)) throw UsageError("--margin " + text + " is too large");
}

Margin Margin::widened(double extra) const {
    Margin wider = *this;
    wider.exact_ += mpq_class(extra);
    return wider;
}

}  // namespace maxcert
