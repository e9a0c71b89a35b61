// Names of the error options, as they appear in names of strategies, and what the options have in common.
#include "certify/strategies/qk/error_option.hpp"

namespace maxcert {

const char* name_of(QkError error) {
    switch (error) {
        case QkError::exact_EQKE:
            return "exact_EQKE+max_diff_exact";
        case QkError::max_diff_exact:
            return "max_diff_exact";
        case QkError::svd:
            return "svd";
        case QkError::max_diff:
            return "max_diff";
        case QkError::mean_max_diff:
            return "mean+max_diff";
        case QkError::subproduct:
            return "max_diff_subproduct";
        case QkError::mean_subproduct:
            return "mean+max_diff_subproduct";
        case QkError::recursive:
            return "max_diff_subproduct_recursive";
        case QkError::mean_recursive_first:
            return "mean+max_diff_subproduct_recursive";
        case QkError::mean_recursive_all:
            return "mean_recursive+max_diff_subproduct_recursive";
    }
    return "";
}

bool recursive(QkError e) {
    return e == QkError::recursive || e == QkError::mean_recursive_first || e == QkError::mean_recursive_all;
}

bool peels_factors(QkError e) {
    return e == QkError::subproduct || e == QkError::mean_subproduct || recursive(e);
}

}  // namespace maxcert
