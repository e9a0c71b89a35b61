// Writes the hints that explain the QK matrix: the inverse of what checks read.
#pragma once

#include "certify/strategies/qk/hints.hpp"

namespace maxcert {

/// The fields that the error option uses, added to `json`.
void write_score_hints(Json& json, const ScoreHints& hints, QkError error);

/// The same as an object of its own.
Json score_hints_to_json(const ScoreHints& hints, QkError error);

}  // namespace maxcert
