// Hints in and out of JSON. Whatever is malformed or out of range is rejected by name; within the ranges any
// value is sound.
#include "certify/strategies/subcubic/hints.hpp"

#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "certify/strategies/subcubic/cells.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

[[noreturn]] void reject(const std::string& field, const std::string& why) {
    throw CertificateRejected("hints." + field + ": " + why);
}

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

std::uint32_t parse_number(std::string_view text, const std::string& field) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) reject(field, "not a run of numbers");
    return value;
}

std::vector<std::uint32_t> parse_runs(const Json& json, const std::string& field, std::size_t length) {
    if (!json.is_string()) reject(field, "not a string");
    const std::string& text = json.get_ref<const std::string&>();
    std::vector<std::uint32_t> values;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string_view run(text.data() + at, comma - at);
        const std::size_t x = run.find('x');
        const std::uint32_t value = parse_number(run.substr(0, x), field);
        const std::size_t times = x == std::string_view::npos ? 1 : parse_number(run.substr(x + 1), field);
        if (times < 1 || times > length - values.size()) reject(field, "has the wrong length");
        values.insert(values.end(), times, value);
        at = comma + 1;
        if (at == text.size()) reject(field, "ends with a comma");
    }
    if (values.size() != length) reject(field, "has the wrong length");
    return values;
}

double parse_finite(const Json& json, const std::string& field) {
    if (!json.is_number()) reject(field, "not a number");
    const double value = json.get<double>();
    if (!std::isfinite(value)) reject(field, "not finite");
    return value;
}

std::vector<double> parse_vector(const Json& json, const std::string& field, std::size_t length) {
    if (!json.is_array() || json.size() != length) reject(field, "not an array of the right length");
    std::vector<double> values;
    values.reserve(length);
    for (const Json& entry : json) values.push_back(parse_finite(entry, field));
    return values;
}

/// The vectors that the options use, under their names and with their lengths.
template <class Hints, class Visit>
void for_each_vector(Hints& h, const SubcubicOptions& o, const Shape& s, Visit&& visit) {
    if (o.direct == Direct::mean_query || o.direct == Direct::svd_query) {
        visit("query_direction", h.query_direction, s.d_model);
    }
    if (o.error == QkError::exact_EQKE) return;
    visit("mean_position", h.score.mean_position, s.d_model);
    visit("u", h.score.u, s.d_vocab);
    visit("v", h.score.v, s.d_vocab);
    if (!peels_factors(o.error)) return;
    visit("peel_query", h.score.peel_query, s.d_vocab);
    visit("peel_W_Q", h.score.peel_W_Q, s.d_model);
    visit("peel_W_K", h.score.peel_W_K, s.d_model);
    visit("peel_key", h.score.peel_key, s.d_vocab);
}

/// The fields of a hints object; every one that it has must have been read in the end.
class Fields {
  public:
    explicit Fields(const Json& json) : json_(json) {
        if (!json.is_object()) reject("", "not an object");
    }
    const Json& read(const char* name) {
        ++read_;
        const auto found = json_.find(name);
        if (found == json_.end()) reject(name, "missing");
        return *found;
    }
    void expect_no_more() const {
        if (read_ != json_.size()) reject("", "has fields that this strategy does not use");
    }

  private:
    const Json& json_;
    std::size_t read_ = 0;
};

void read_vectors(Fields& fields, SubcubicHints& hints, const SubcubicOptions& options, const Shape& shape) {
    for_each_vector(hints, options, shape,
                    [&](const char* name, std::vector<double>& values, std::size_t length) {
                        values = parse_vector(fields.read(name), name, length);
                    });
    if (options.error == QkError::svd) {
        hints.score.residual_norm = parse_finite(fields.read("residual_norm"), "residual_norm");
    }
}

void append_bytes(std::string& key, const std::vector<double>& values) {
    key += std::to_string(values.size()) + ':';
    key.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
}

}  // namespace

Json hints_to_json(const SubcubicHints& hints, const SubcubicOptions& options) {
    Json json = Json::object();
    for_each_vector(
        hints, options, Shape{},
        [&json](const char* name, const std::vector<double>& values, std::size_t) { json[name] = values; });
    if (options.error == QkError::svd) json["residual_norm"] = hints.score.residual_norm;
    if (options.attention == AttentionBound::mean_query) {
        json["mean_attention"] = run_lengths(hints.mean_attention);
    }
    json["gaps"] = run_lengths(hints.gaps);
    return json;
}

SubcubicHints hints_from_json(const Json& json, const SubcubicOptions& options, const Shape& shape) {
    SubcubicHints hints;
    Fields fields(json);
    read_vectors(fields, hints, options, shape);
    if (options.attention == AttentionBound::mean_query) {
        const std::size_t length = static_cast<std::size_t>(shape.d_vocab) * (shape.n_ctx - 1);
        hints.mean_attention = parse_runs(fields.read("mean_attention"), "mean_attention", length);
        for (const std::uint32_t units : hints.mean_attention) {
            if (units > kAttentionUnits) reject("mean_attention", "above 1");
        }
    }
    hints.gaps = parse_runs(fields.read("gaps"), "gaps", number_of_cells(shape));
    for_each_cell(shape, [&](std::size_t i, const Cell& cell) {
        const std::uint32_t gap = hints.gaps[i];
        if (gap != 0 && !CellRules::admits(shape, cell, gap)) {
            reject("gaps", "gap " + std::to_string(gap) + " at (q, m, n) = (" + std::to_string(cell.q) +
                               ", " + std::to_string(cell.m) + ", " + std::to_string(cell.n) +
                               ") is no cell");
        }
    });
    fields.expect_no_more();
    return hints;
}

Json score_hints_to_json(const ScoreHints& hints, QkError error) {
    SubcubicHints all;
    all.score = hints;
    Json json = hints_to_json(all, {Direct::exact, AttentionBound::convex, error});
    json.erase("gaps");
    return json;
}

ScoreHints score_hints_from_json(const Json& json, QkError error, const Shape& shape) {
    SubcubicHints hints;
    Fields fields(json);
    read_vectors(fields, hints, {Direct::exact, AttentionBound::convex, error}, shape);
    fields.expect_no_more();
    return hints.score;
}

std::string key_of(const std::vector<double>& values) {
    std::string key;
    append_bytes(key, values);
    return key;
}

std::string key_of(const ScoreHints& h) {
    std::string key;
    for (const auto* values :
         {&h.mean_position, &h.u, &h.v, &h.peel_query, &h.peel_key, &h.peel_W_Q, &h.peel_W_K}) {
        append_bytes(key, *values);
    }
    append_bytes(key, {h.residual_norm});
    return key;
}

}  // namespace maxcert
