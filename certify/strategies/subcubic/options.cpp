// Names, groups and estimates of the family, each said once as a table or a switch.
#include "certify/strategies/subcubic/options.hpp"

namespace maxcert {
namespace {

bool direct_quadratic(Direct d) {
    return d == Direct::mean_query || d == Direct::svd_query || d == Direct::max_diff;
}

bool with_mean(QkError e) {
    return e == QkError::mean_max_diff || e == QkError::mean_subproduct ||
           e == QkError::mean_recursive_first || e == QkError::mean_recursive_all;
}

}  // namespace

bool attention_exact(QkError e) {
    return e == QkError::exact_EQKE || e == QkError::max_diff_exact;
}

const char* name_of(Direct direct) {
    static constexpr std::array<const char*, kDirects.size()> names = {
        "mean_query+max_diff", "svd_query+max_diff",    "max_diff",
        "max_diff_exact",      "global_max_diff_exact", "max_diff_centred",
    };  // in the order of the options
    return names[static_cast<std::size_t>(direct)];
}

const char* name_of(AttentionBound attention) {
    static constexpr std::array<const char*, kAttentionBounds.size()> names = {
        "mean_query+diff",
        "drop_average_query_per_output_logit_reasoning",
        "convex",
    };  // in the order of the options
    return names[static_cast<std::size_t>(attention)];
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
