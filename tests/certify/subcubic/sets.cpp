#include "tests/certify/subcubic/sets.hpp"

#include <algorithm>

namespace maxcert::testing {
namespace {

void place(std::vector<std::uint32_t>& tokens, std::size_t at, std::uint32_t m, std::uint32_t n_others,
           const std::vector<std::uint32_t>& others,
           const std::function<void(const std::vector<std::uint32_t>&)>& visit) {
    const std::size_t left = tokens.size() - 1 - at;
    if (n_others > left) return;
    if (left == 0) return visit(tokens);
    tokens[at] = m;
    place(tokens, at + 1, m, n_others, others, visit);
    if (n_others == 0) return;
    for (const std::uint32_t token : others) {
        tokens[at] = token;
        place(tokens, at + 1, m, n_others - 1, others, visit);
    }
}

}  // namespace

void for_each_sequence(const Shape& shape, std::uint32_t q, std::uint32_t m, std::uint32_t n_others,
                       const std::vector<std::uint32_t>& others,
                       const std::function<void(const std::vector<std::uint32_t>&)>& visit) {
    std::vector<std::uint32_t> tokens(shape.n_ctx, q);
    place(tokens, 0, m, n_others, others, visit);
}

void ClaimedSet::claim(const std::vector<std::uint32_t>& tokens, std::uint32_t m) {
    ++result_.claimed;
    const std::uint64_t index = sequence_index(tokens, shape_.d_vocab);
    const bool twice = seen_[index], not_max = *std::max_element(tokens.begin(), tokens.end()) != m;
    const bool not_right = truth_.truth[index] != Truth::right;
    seen_[index] = true;
    result_.twice += twice;
    result_.not_max += not_max;
    result_.not_right += not_right;
    if ((twice || not_max || not_right) && result_.first.empty()) {
        result_.first = "m = " + std::to_string(m) + ", sequence";
        for (const std::uint32_t token : tokens) result_.first += " " + std::to_string(token);
        result_.first += twice ? " claimed twice" : not_max ? " has another maximum" : " is not right";
    }
}

}  // namespace maxcert::testing
