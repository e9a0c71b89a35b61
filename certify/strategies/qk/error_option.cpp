// Names of the error options, as they appear in names of strategies, and what the options have in common.
#include "certify/strategies/qk/error_option.hpp"

namespace maxcert {

const char* name_of(QkError error) {
    static constexpr std::array<const char*, kQkErrors.size()> names = {
        "exact_EQKE+max_diff_exact",
        "max_diff_exact",
        "svd",
        "max_diff",
        "mean+max_diff",
        "max_diff_subproduct",
        "mean+max_diff_subproduct",
        "max_diff_subproduct_recursive",
        "mean+max_diff_subproduct_recursive",
        "mean_recursive+max_diff_subproduct_recursive",
    };  // in the order of the options
    return names[static_cast<std::size_t>(error)];
}

bool recursive(QkError e) {
    return e == QkError::recursive || e == QkError::mean_recursive_first || e == QkError::mean_recursive_all;
}

bool peels_factors(QkError e) {
    return e == QkError::subproduct || e == QkError::mean_subproduct || recursive(e);
}

}  // namespace maxcert
