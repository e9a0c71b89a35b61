// Directions for the hints that explain QK: singular vectors and means, in plain doubles. Untrusted.
#pragma once

#include "certify/model/model.hpp"
#include "certify/strategies/qk/hints.hpp"

namespace maxcert {

struct Directions {
    ScoreHints score;                    ///< every field; pick those that an option uses
    std::vector<double> mean_query;      ///< [d_model]
    std::vector<double> singular_query;  ///< [d_model]
    double sigma_ratio = 0;              ///< sigma_1 / sigma_2 of the QK matrix; 0 where sigma_2 is 0
};

/// Found once per model, and rounded to nine digits so that certificates stay short.
const Directions& directions_of(Model& model);

/// The hints that the error option uses, the others empty.
ScoreHints score_hints(const Directions& directions, QkError error);

}  // namespace maxcert
