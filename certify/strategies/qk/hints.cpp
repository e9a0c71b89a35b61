// Score hints are read from JSON. Within the lengths that the shape gives, any finite values are sound.
#include "certify/strategies/qk/hints.hpp"

namespace maxcert {
ScoreHints read_score_hints(HintFields& fields, QkError error, const Shape& shape) {
    ScoreHints hints;
    for_each_vector(hints, error, shape,
                    [&](const char* name, std::vector<double>& values, std::size_t length) {
                        values = fields.finite_vector(name, length);
                    });
    if (error == QkError::svd) hints.residual_norm = fields.finite("residual_norm");
    return hints;
}

ScoreHints score_hints_from_json(const Json& json, QkError error, const Shape& shape) {
    HintFields fields(json);
    ScoreHints hints = read_score_hints(fields, error, shape);
    fields.expect_no_more();
    return hints;
}

std::string key_of(const std::vector<double>& values) {
    std::string key = std::to_string(values.size()) + ':';
    key.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
    return key;
}

std::string key_of(const ScoreHints& h) {
    std::string key;
    for (const auto* values :
         {&h.mean_position, &h.u, &h.v, &h.peel_query, &h.peel_key, &h.peel_W_Q, &h.peel_W_K}) {
        key += key_of(*values);
    }
    return key + key_of(std::vector<double>{h.residual_norm});
}

}  // namespace maxcert
