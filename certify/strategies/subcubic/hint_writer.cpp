// Long runs of equal gaps are what most certificates consist of, so they are written as runs.
#include "certify/strategies/subcubic/hint_writer.hpp"

#include "certify/strategies/qk/hint_writer.hpp"

namespace maxcert {
namespace {

/// Runs of equal values as "VALUExLENGTH", or "VALUE" for a run of one, with commas between.
std::string run_lengths(const std::vector<std::uint32_t>& values) {
    std::string text;
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i + 1;
        while (end < values.size() && values[end] == values[i]) ++end;
        if (!text.empty()) text += ',';
        text += std::to_string(values[i]);
        if (end - i > 1) text += 'x' + std::to_string(end - i);
        i = end;
    }
    return text;
}

}  // namespace

Json hints_to_json(const SubcubicHints& hints, const SubcubicOptions& options) {
    Json json = Json::object();
    if (has_direction(options)) json["query_direction"] = hints.query_direction;
    write_score_hints(json, hints.score, options.error);
    if (options.attention == AttentionBound::mean_query) {
        json["mean_attention"] = run_lengths(hints.mean_attention);
    }
    json["gaps"] = run_lengths(hints.gaps);
    return json;
}

}  // namespace maxcert
