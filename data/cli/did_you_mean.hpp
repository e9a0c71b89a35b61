// What was probably meant by a word that names nothing.
#pragma once

#include <string>
#include <vector>

namespace maxcert {

/// "; did you mean X?" with the candidate that differs least from the word, in a third of its letters at
/// most; empty where there is none.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace maxcert
