// Fetches the tables that a subcubic strategy is checked (and searched) with, shared where they can be.
#pragma once

#include "certify/model/margin.hpp"
#include "certify/model/ov_tables.hpp"
#include "certify/model/path_tables.hpp"
#include "certify/model/position_sums.hpp"
#include "certify/strategies/subcubic/cell_verdict.hpp"
#include "certify/strategies/subcubic/hints.hpp"

namespace maxcert {

template <class N>
const PositionRatios<N>& positions_of(TableCache<N>& bench) {
    const PositionSums<N>& sums = position_sums_of(bench);
    return bench.template table<PositionRatios<N>>("positions", [&] { return position_ratios(sums); });
}

template <class N>
Matrix<N> as_column(const std::vector<N>& values) {
    Matrix<N> column(values.size(), 1);
    for (std::size_t i = 0; i < values.size(); ++i) column(i, 0) = values[i];
    return column;
}

template <class N>
const Matrix<N>& far_of(TableCache<N>& bench, Direct direct) {
    const Matrix<N>& EVOU = evou_of(bench);
    if (direct == Direct::centred) {
        return bench.template table<Matrix<N>>("far/centred", [&] { return centred_far_range(EVOU); });
    }
    const OvTables<N>& ov = ov_of(bench);
    return bench.template table<Matrix<N>>("far", [&] { return as_column(ov.far_range); });
}

/// r: [d_vocab, 1], or [d_vocab, d_vocab] by (q, m).
template <class N>
const Matrix<N>& spread_of(TableCache<N>& bench, Direct direct, const std::vector<double>& w_hint) {
    const WeightMatrices<N>& w = weights_of(bench);
    const Matrix<N>& EU = direct_of(bench);
    switch (direct) {
        case Direct::centred:
            return centred_direct_of(bench);
        case Direct::exact:
            return bench.template table<Matrix<N>>("spread/exact", [&] { return as_column(row_ranges(EU)); });
        case Direct::global_exact:
            return bench.template table<Matrix<N>>("spread/global", [&] {
                const N whole = range(EU.row(0), EU.rows() * EU.columns());
                return as_column(std::vector<N>(EU.rows(), whole));
            });
        default:
            return bench.template table<Matrix<N>>("spread/factored/" + key_of(w_hint), [&] {
                return as_column(factored_spread(query_embedding(w), w.W_U, exactly_all<N>(w_hint)));
            });
    }
}

template <class N>
const std::vector<N>& constants_of(TableCache<N>& bench) {
    const Matrix<N>& EU = direct_of(bench);
    const OvTables<N>& ov = ov_of(bench);
    return bench.template table<std::vector<N>>("constants", [&] {
        std::vector<N> largest(EU.rows());
        for (std::size_t m = 0; m < EU.rows(); ++m) {
            bool first = true;
            for (std::size_t x = 0; x < EU.rows(); ++x) {
                if (x == m) continue;
                const N logit = (EU(m, x) - EU(m, m)) + (ov.gain(m, x) + ov.position(m, x));
                largest[m] = first ? logit : max(largest[m], logit);
                first = false;
            }
        }
        return largest;
    });
}

template <class N>
const Matrix<N>& fixed_logits_of(TableCache<N>& bench, const std::vector<double>& w_hint) {
    const WeightMatrices<N>& w = weights_of(bench);
    const OvTables<N>& ov = ov_of(bench);
    return bench.template table<Matrix<N>>("fixed/" + key_of(w_hint), [&] {
        return fixed_logits(ov, w_hint.empty() ? std::vector<N>() : times(exactly_all<N>(w_hint), w.W_U));
    });
}

template <class N>
LogitBounds<N> logits_of(TableCache<N>& bench, AttentionBound attention, const SubcubicHints& hints) {
    const OvTables<N>& ov = ov_of(bench);
    const Matrix<N>& fixed = fixed_logits_of(bench, hints.query_direction);
    const std::string key = key_of(hints.query_direction);
    switch (attention) {
        case AttentionBound::mean_query:
            break;
        case AttentionBound::drop_average:
            return bench.template table<LogitBounds<N>>("drop/" + key,
                                                        [&] { return drop_average_bounds(ov, fixed); });
        case AttentionBound::convex:
            return bench.template table<LogitBounds<N>>("convex/" + key,
                                                        [&] { return convex_bounds(ov, fixed); });
    }
    std::vector<N> average;
    for (const std::uint32_t units : hints.mean_attention) {
        average.push_back(exactly<N>(static_cast<double>(units) / kAttentionUnits));  // exact: dyadic
    }
    return mean_query_bounds(ov, fixed, bench.shape().n_ctx, average);
}

template <class N>
struct ScoreTables {
    ScoreFactors<N> factors;
    std::vector<N> max_error;  ///< one entry
};

template <class N>
const ScoreTables<N>& scores_of(TableCache<N>& bench, QkError error, const ScoreHints& hints) {
    const WeightMatrices<N>& w = weights_of(bench);
    return bench.template table<ScoreTables<N>>(
        std::string("scores/") + name_of(error) + "/" + key_of(hints), [&] {
            const Scores<N> scores = bound_scores(w, error, hints);
            ScoreTables<N> tables{score_factors(scores, bench.shape().d_head), {scores.error[0]}};
            for (const N& e : scores.error) tables.max_error[0] = max(tables.max_error[0], e);
            return tables;
        });
}

/// d_vocab >= 2.
template <class N>
CellTables<N> gather_tables(TableCache<N>& bench, const SubcubicOptions& o, const SubcubicHints& hints,
                            const Margin& margin) {
    const ScoreTables<N>& scores = scores_of(bench, o.error, hints.score);
    return {positions_of(bench),
            scores.factors,
            far_of(bench, o.direct),
            spread_of(bench, o.direct, hints.query_direction),
            constants_of(bench),
            scores.max_error,
            logits_of(bench, o.attention, hints),
            margin.enclose<N>()};
}

}  // namespace maxcert
