// The family DIRECT/ATTENTION/ERROR: its options, their names and what the paper says of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "certify/strategies/qk/error_option.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// How the direct path is bounded (SOUNDNESS T3, step 3; the last one: end of T5c).
enum class Direct { mean_query, svd_query, max_diff, exact, global_exact, centred };
/// How the largest logit difference h_m(a) is bounded as a function of the attention a (T3, step 2).
enum class AttentionBound { mean_query, drop_average, convex };

constexpr std::array<Direct, 6> kDirects = {Direct::mean_query, Direct::svd_query,    Direct::max_diff,
                                            Direct::exact,      Direct::global_exact, Direct::centred};
constexpr std::array<AttentionBound, 3> kAttentionBounds = {
    AttentionBound::mean_query, AttentionBound::drop_average, AttentionBound::convex};

struct SubcubicOptions {
    Direct direct;
    AttentionBound attention;
    QkError error;
};

/// Whether scores are multiplied out, be it only to bound what is left of them.
bool attention_exact(QkError error);

const char* name_of(Direct direct);
const char* name_of(AttentionBound attention);

/// DIRECT/ATTENTION/ERROR.
std::string strategy_name(const SubcubicOptions& options);
/// One of the paper's 100: the published direct and attention options.
bool in_paper(const SubcubicOptions& options);
/// centred, convex (the new ones) or subcubic.
std::string family_of(const SubcubicOptions& options);
/// The row of the paper's table: a key of data/published/groups.csv.
std::string group_of(const SubcubicOptions& options);
/// The paper's estimate (SOUNDNESS, "Proof length").
std::uint64_t unexplained_dimension_of(const SubcubicOptions& options, const Shape& shape);

/// Every combination of options, in the order of `maxcert strategies`.
std::vector<SubcubicOptions> subcubic_family();

}  // namespace maxcert
