// The names and lengths of the fields are those of the reader, said once in hints.hpp.
#include "certify/strategies/qk/hint_writer.hpp"

namespace maxcert {

void write_score_hints(Json& json, const ScoreHints& hints, QkError error) {
    for_each_vector(
        hints, error, Shape{},
        [&json](const char* name, const std::vector<double>& values, std::size_t) { json[name] = values; });
    if (error == QkError::svd) json["residual_norm"] = hints.residual_norm;
}

Json score_hints_to_json(const ScoreHints& hints, QkError error) {
    Json json = Json::object();
    write_score_hints(json, hints, error);
    return json;
}

}  // namespace maxcert
