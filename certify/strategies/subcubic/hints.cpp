// Hints are read from JSON. Whatever is malformed or out of range is rejected by name; within the ranges any
// value is sound.
#include "certify/strategies/subcubic/hints.hpp"

#include <charconv>
#include <string_view>

#include "certify/strategies/subcubic/cells.hpp"

namespace maxcert {
namespace {

std::uint32_t parse_number(std::string_view text, const std::string& field) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) reject_hint(field, "not a run of numbers");
    return value;
}

std::vector<std::uint32_t> read_runs(HintFields& fields, const char* field, std::size_t length) {
    const std::string& text = fields.text(field);
    std::vector<std::uint32_t> values;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string_view run(text.data() + at, comma - at);
        const std::size_t x = run.find('x');
        const std::uint32_t value = parse_number(run.substr(0, x), field);
        const std::size_t times = x == std::string_view::npos ? 1 : parse_number(run.substr(x + 1), field);
        if (times < 1 || times > length - values.size()) reject_hint(field, "has the wrong length");
        values.insert(values.end(), times, value);
        at = comma + 1;
        if (at == text.size()) reject_hint(field, "ends with a comma");
    }
    if (values.size() != length) reject_hint(field, "has the wrong length");
    return values;
}

}  // namespace

bool has_direction(const SubcubicOptions& o) {
    return o.direct == Direct::mean_query || o.direct == Direct::svd_query;
}

SubcubicHints hints_from_json(const Json& json, const SubcubicOptions& options, const Shape& shape) {
    SubcubicHints hints;
    HintFields fields(json);
    if (has_direction(options)) {
        hints.query_direction = fields.finite_vector("query_direction", shape.d_model);
    }
    hints.score = read_score_hints(fields, options.error, shape);
    if (options.attention == AttentionBound::mean_query) {
        const std::size_t length = static_cast<std::size_t>(shape.d_vocab) * (shape.n_ctx - 1);
        hints.mean_attention = read_runs(fields, "mean_attention", length);
        for (const std::uint32_t units : hints.mean_attention) {
            if (units > kAttentionUnits) reject_hint("mean_attention", "above 1");
        }
    }
    hints.gaps = read_runs(fields, "gaps", number_of_cells(shape));
    for_each_cell(shape, [&](std::size_t i, const Cell& cell) {
        const std::uint32_t gap = hints.gaps[i];
        if (gap != 0 && !CellRules::admits(shape, cell, gap)) {
            reject_hint("gaps", "gap " + std::to_string(gap) + " at (q, m, n) = (" + std::to_string(cell.q) +
                                    ", " + std::to_string(cell.m) + ", " + std::to_string(cell.n) +
                                    ") is no cell");
        }
    });
    fields.expect_no_more();
    return hints;
}

}  // namespace maxcert
