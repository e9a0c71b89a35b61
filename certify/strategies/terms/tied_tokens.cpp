// Columns of W_U are compared float by float: equal ones give equal logits in exact arithmetic, whatever the
// rest of the model is. Tokens that tie only through other weights are not found, which is sound.
#include "certify/strategies/terms/tied_tokens.hpp"

namespace maxcert {

std::vector<bool> tied_tokens(const Model& model) {
    const Shape& s = model.shape();
    const std::vector<float>& u = model.weights().W_U;
    std::vector<bool> tied(s.d_vocab);
    if (!model.radius().is_zero()) return tied;
    for (std::size_t a = 0; a < s.d_vocab; ++a) {
        for (std::size_t b = a + 1; b < s.d_vocab; ++b) {
            std::size_t d = 0;
            while (d < s.d_model && u[d * s.d_vocab + a] == u[d * s.d_vocab + b]) ++d;
            if (d == s.d_model) tied[a] = tied[b] = true;
        }
    }
    return tied;
}

}  // namespace maxcert
