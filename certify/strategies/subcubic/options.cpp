// Names, groups and estimates of the family, each said once as a table or a switch.
#include "certify/strategies/subcubic/options.hpp"

namespace maxcert {
namespace {

bool direct_quadratic(Direct d) {
    return d == Direct::mean_query || d == Direct::svd_query || d == Direct::max_diff;
}

bool attention_exact(QkError e) {
    return e == QkError::exact_EQKE || e == QkError::max_diff_exact;
}

bool with_mean(QkError e) {
    return e == QkError::mean_max_diff || e == QkError::mean_subproduct ||
           e == QkError::mean_recursive_first || e == QkError::mean_recursive_all;
}

}  // namespace

const char* name_of(Direct direct) {
    switch (direct) {
        case Direct::mean_query:
            return "mean_query+max_diff";
        case Direct::svd_query:
            return "svd_query+max_diff";
        case Direct::max_diff:
            return "max_diff";
        case Direct::exact:
            return "max_diff_exact";
        case Direct::global_exact:
            return "global_max_diff_exact";
        case Direct::centred:
            return "max_diff_centred";
    }
    return "";
}

const char* name_of(AttentionBound attention) {
    switch (attention) {
        case AttentionBound::mean_query:
            return "mean_query+diff";
        case AttentionBound::drop_average:
            return "drop_average_query_per_output_logit_reasoning";
        case AttentionBound::convex:
            return "convex";
    }
    return "";
}

std::string strategy_name(const SubcubicOptions& o) {
    return std::string(name_of(o.direct)) + "/" + name_of(o.attention) + "/" + name_of(o.error);
}

bool in_paper(const SubcubicOptions& o) {
    return o.direct != Direct::centred && o.attention != AttentionBound::convex;
}

std::string family_of(const SubcubicOptions& o) {
    if (o.direct == Direct::centred) return "centred";
    return o.attention == AttentionBound::convex ? "convex" : "subcubic";
}

std::string group_of(const SubcubicOptions& o) {
    if (attention_exact(o.error)) return direct_quadratic(o.direct) ? "direct_quadratic" : "subcubic";
    const std::string group = recursive(o.error) ? "attention_quadratic" : "attention_vocab_model_squared";
    return direct_quadratic(o.direct) ? group + "+direct_quadratic" : group;
}

std::string complexity_of(const SubcubicOptions& o) {
    if (attention_exact(o.error)) return "O(V^2 (d + K))";
    return recursive(o.error) ? "O(V^2 K + V^2 d; attention V^2 + V d)" : "O(V^2 (d + K) + V d^2)";
}

std::string summary_of(const SubcubicOptions& o) {
    std::string text = "cells by query, maximum, count of others and gap; ";
    switch (o.direct) {
        case Direct::mean_query:
            text += "direct path against the mean query";
            break;
        case Direct::svd_query:
            text += "direct path against its top singular query";
            break;
        case Direct::max_diff:
            text += "direct path bounded factor by factor";
            break;
        case Direct::exact:
            text += "direct path by the range of each row";
            break;
        case Direct::global_exact:
            text += "direct path by its global range";
            break;
        case Direct::centred:
            text += "direct path and OV centred on the maximum";
            break;
    }
    switch (o.attention) {
        case AttentionBound::mean_query:
            text += "; logits around the average attention";
            break;
        case AttentionBound::drop_average:
            text += "; logits without average attention";
            break;
        case AttentionBound::convex:
            text += "; logits by chords of their convex maximum";
            break;
    }
    return o.error == QkError::exact_EQKE ? text + "; QK exact" : text + "; QK low rank + bounded rest";
}

std::uint64_t unexplained_dimension_of(const SubcubicOptions& o, const Shape& shape) {
    const std::uint64_t v = shape.d_vocab, d = shape.d_model;
    std::uint64_t dimension = v * v + v;  // EVOU and PVOU
    switch (o.direct) {
        case Direct::global_exact:
            dimension += 2;
            break;
        case Direct::exact:
        case Direct::centred:
            dimension += 2 * v;
            break;
        case Direct::mean_query:
        case Direct::svd_query:
            dimension += v + v * d + 2;
            break;
        case Direct::max_diff:
            dimension += v * d + 2;
            break;
    }
    switch (o.error) {
        case QkError::exact_EQKE:
            dimension += v * v;
            break;
        case QkError::max_diff_exact:
            dimension += 4 * v;
            break;
        case QkError::svd:
            dimension += 2 * v;
            break;
        default:
            dimension += 2 * v + 2 * d + (with_mean(o.error) ? v : 0);
            break;
    }
    return dimension;
}

std::vector<SubcubicOptions> subcubic_family() {
    std::vector<SubcubicOptions> family;
    for (const QkError error : kQkErrors) {
        for (const Direct direct : kDirects) {
            for (const AttentionBound attention : kAttentionBounds)
                family.push_back({direct, attention, error});
        }
    }
    return family;
}

}  // namespace maxcert
