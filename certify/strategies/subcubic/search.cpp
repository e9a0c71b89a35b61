// Finds gaps by bisection, since a larger gap only shrinks what a cell must cover, in the plain doubles of
// the check's own formulas.
#include "certify/strategies/subcubic/search.hpp"

#include <cmath>

#include "certify/arithmetic/estimate.hpp"
#include "certify/strategies/subcubic/tables.hpp"

namespace maxcert {
namespace {

using Tables = CellTables<Estimate>;

bool passes(const Tables& t, const Cell& c, std::uint32_t gap) {
    return cell_verdict(t, c, gap) == Verdict::proved;
}

/// The smallest gap that passes, 0 if none does. A larger gap only shrinks what the cell covers, so
/// acceptance is monotone. `guess` is where the search starts.
std::uint32_t smallest_gap(const Tables& t, const Cell& c, std::uint32_t guess) {
    const std::uint32_t largest = c.q == c.m ? c.m : c.m - c.q;
    if (largest == 0) return 0;
    std::uint32_t fails = 0, holds = largest + 1, step = 1;
    std::uint32_t gap = std::min(std::max(guess, 1u), largest);
    while (fails + 1 < holds) {
        const bool first_side = passes(t, c, gap);
        (first_side ? holds : fails) = gap;
        if (first_side && fails == 0) {
            gap = gap > step ? gap - step : 1;
        } else if (!first_side && holds == largest + 1) {
            gap = std::min(gap + step, largest);
        } else {
            gap = (fails + holds) / 2;
        }
        step *= 2;
        if (gap <= fails || gap >= holds) gap = (fails + holds) / 2;
    }
    return holds <= largest ? holds : 0;
}

void search_gaps(const Tables& t, const Shape& shape, std::vector<std::uint32_t>& gaps) {
    std::uint32_t guess = 1;
    for_each_cell(shape, [&](std::size_t i, const Cell& c) {
        if (i % 16 == 0) checkpoint(16 * 64);
        gaps[i] = smallest_gap(t, c, guess);
        if (gaps[i] != 0) guess = gaps[i];
    });
}

double smallest_attention(const Tables& t, const Cell& c, std::uint32_t gap) {
    return 1 / (1 + attention_odds(t.positions, t.scores, c.q, c.m, c.n, c.m - gap)[0].value());
}

std::size_t pair_index(const Shape& s, const Cell& c) {
    return static_cast<std::size_t>(c.m) * (s.n_ctx - 1) + c.n - 1;
}

/// Mean over q of the smallest attention at the gaps found; cells without a gap count only where no q of
/// the same (m, n) has one, and then at the largest gap.
std::vector<std::uint32_t> average_attention(const Tables& t, const Shape& s,
                                             const std::vector<std::uint32_t>& gaps) {
    const std::size_t pairs = static_cast<std::size_t>(s.d_vocab) * (s.n_ctx - 1);
    std::vector<double> sum(pairs), fallback(pairs);
    std::vector<std::uint32_t> passing(pairs), failing(pairs);
    for_each_cell(s, [&](std::size_t i, const Cell& c) {
        const std::size_t at = pair_index(s, c);
        const std::uint32_t largest = c.q == c.m ? c.m : c.m - c.q;
        if (gaps[i] != 0) {
            sum[at] += smallest_attention(t, c, gaps[i]);
            ++passing[at];
        } else if (largest > 0) {
            fallback[at] += smallest_attention(t, c, largest);
            ++failing[at];
        }
    });
    std::vector<std::uint32_t> average(pairs);
    for (std::size_t at = 0; at < pairs; ++at) {
        const double mean = passing[at] != 0   ? sum[at] / passing[at]
                            : failing[at] != 0 ? fallback[at] / failing[at]
                                               : 0.5;
        average[at] = mean >= 0 && mean <= 1 ? static_cast<std::uint32_t>(std::lround(mean * kAttentionUnits))
                                             : kAttentionUnits / 2;
    }
    return average;
}

/// Sequences claimed, by (m, n) and up to the factor C(K-1, n') that q = m alone changes little.
std::vector<double> claimed(const Shape& s, const std::vector<std::uint32_t>& gaps) {
    std::vector<double> sum(static_cast<std::size_t>(s.d_vocab) * (s.n_ctx - 1));
    for_each_cell(s, [&](std::size_t i, const Cell& c) {
        if (gaps[i] == 0) return;
        const double ways = binomial(s.n_ctx - 1, free_positions(c)).get_d();
        sum[pair_index(s, c)] += ways * std::pow(CellRules::choices(c, gaps[i]), free_positions(c));
    });
    return sum;
}

/// Alternates gaps and average attention; keeps for every (m, n) the average that claimed most.
void search_average_attention(const Tables& start, TableCache<Estimate>& bench,
                              const SubcubicOptions& options, SubcubicHints& hints) {
    constexpr int kRounds = 4;
    const Shape& s = bench.shape();
    Tables t = start;
    std::vector<std::uint32_t> gaps(number_of_cells(s), 0);
    std::vector<std::uint32_t> average = average_attention(t, s, gaps);
    std::vector<double> best(average.size(), -1);
    hints.mean_attention = average;
    for (int round = 0; round < kRounds; ++round) {
        SubcubicHints tried = hints;
        tried.mean_attention = average;
        t.logits = logits_of(bench, options.attention, tried);
        search_gaps(t, s, gaps);
        const std::vector<double> claims = claimed(s, gaps);
        std::vector<bool> better(claims.size());
        for (std::size_t at = 0; at < claims.size(); ++at) {
            better[at] = claims[at] > best[at];
            if (!better[at]) continue;
            best[at] = claims[at];
            hints.mean_attention[at] = average[at];
        }
        for_each_cell(s, [&](std::size_t i, const Cell& c) {
            if (better[pair_index(s, c)]) hints.gaps[i] = gaps[i];
        });
        average = average_attention(t, s, gaps);
    }
}

}  // namespace

std::vector<double> query_direction(const Directions& d, Direct direct) {
    if (direct == Direct::mean_query) return d.mean_query;
    if (direct == Direct::svd_query) return d.singular_query;
    return {};
}

bool search_cells(Model& model, const SubcubicOptions& options, const Margin& margin, SubcubicHints& hints) {
    const Shape& s = model.shape();
    const bool averages = options.attention == AttentionBound::mean_query;
    if (averages) {
        hints.mean_attention.assign(static_cast<std::size_t>(s.d_vocab) * (s.n_ctx - 1), kAttentionUnits / 2);
    }
    if (s.d_vocab == 1) return true;  // no cells
    hints.gaps.assign(number_of_cells(s), 0);
    return within_time([&] {
        TableCache<Estimate> bench({}, model);
        const Tables tables = gather_tables(bench, options, hints, margin);
        if (averages) {
            search_average_attention(tables, bench, options, hints);
        } else {
            search_gaps(tables, s, hints.gaps);
        }
    });
}

SubcubicHints search_subcubic(Model& model, const SubcubicOptions& options, const Margin& margin,
                              bool* complete) {
    const Directions& directions = directions_of(model);
    SubcubicHints hints;
    hints.score = score_hints(directions, options.error);
    hints.query_direction = query_direction(directions, options.direct);
    const bool searched = search_cells(model, options, margin, hints);
    if (complete != nullptr) *complete = searched;
    return hints;
}

}  // namespace maxcert
