// Score hints in and out of JSON. Within the lengths that the shape gives, any finite values are sound.
#include "certify/strategies/qk/hints.hpp"

namespace maxcert {
namespace {

/// The vectors that the error option uses, under their names and with their lengths.
template <class Hints, class Visit>
void for_each_vector(Hints& h, QkError error, const Shape& s, Visit&& visit) {
    if (error == QkError::exact_EQKE) return;
    visit("mean_position", h.mean_position, s.d_model);
    visit("u", h.u, s.d_vocab);
    visit("v", h.v, s.d_vocab);
    if (!peels_factors(error)) return;
    visit("peel_query", h.peel_query, s.d_vocab);
    visit("peel_W_Q", h.peel_W_Q, s.d_model);
    visit("peel_W_K", h.peel_W_K, s.d_model);
    visit("peel_key", h.peel_key, s.d_vocab);
}

void append_bytes(std::string& key, const std::vector<double>& values) {
    key += std::to_string(values.size()) + ':';
    key.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
}

}  // namespace

void write_score_hints(Json& json, const ScoreHints& hints, QkError error) {
    for_each_vector(
        hints, error, Shape{},
        [&json](const char* name, const std::vector<double>& values, std::size_t) { json[name] = values; });
    if (error == QkError::svd) json["residual_norm"] = hints.residual_norm;
}

ScoreHints read_score_hints(HintFields& fields, QkError error, const Shape& shape) {
    ScoreHints hints;
    for_each_vector(hints, error, shape,
                    [&](const char* name, std::vector<double>& values, std::size_t length) {
                        values = fields.finite_vector(name, length);
                    });
    if (error == QkError::svd) hints.residual_norm = fields.finite("residual_norm");
    return hints;
}

Json score_hints_to_json(const ScoreHints& hints, QkError error) {
    Json json = Json::object();
    write_score_hints(json, hints, error);
    return json;
}

ScoreHints score_hints_from_json(const Json& json, QkError error, const Shape& shape) {
    HintFields fields(json);
    ScoreHints hints = read_score_hints(fields, error, shape);
    fields.expect_no_more();
    return hints;
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
