// Whatever has the right shape and finite entries is a model; everything else is refused by name.
#include "data/weights/validate.hpp"

#include <fmt/format.h>

#include <cmath>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

void check_dimension(std::uint32_t size, const char* name, const std::string& file) {
    if (size < 1 || size > kMaxDimension) {
        throw InputError(file, name, fmt::format("{} is outside 1..{}", size, kMaxDimension),
                         "use a model of a supported size");
    }
}

void check_matrix(const std::vector<float>& matrix, std::uint64_t rows, std::uint64_t columns,
                  const char* name, const std::string& file) {
    if (matrix.size() != rows * columns) {
        throw InputError(file, name, fmt::format("{} entries instead of {}x{}", matrix.size(), rows, columns),
                         "export the model again; all matrices must agree on the shape");
    }
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        if (!std::isfinite(matrix[i])) {
            throw InputError(file, name, fmt::format("entry [{},{}] is not finite", i / columns, i % columns),
                             "nothing can be proved of such a model; train it again");
        }
    }
}

}  // namespace

void validate(const Weights& w, const std::string& file) {
    const Shape& s = w.shape;
    check_dimension(s.n_ctx, "n_ctx", file);
    check_dimension(s.d_vocab, "d_vocab", file);
    check_dimension(s.d_model, "d_model", file);
    check_dimension(s.d_head, "d_head", file);
    check_matrix(w.W_E, s.d_vocab, s.d_model, "embed.W_E", file);
    check_matrix(w.W_pos, s.n_ctx, s.d_model, "pos_embed.W_pos", file);
    check_matrix(w.W_Q, s.d_model, s.d_head, "blocks.0.attn.W_Q", file);
    check_matrix(w.W_K, s.d_model, s.d_head, "blocks.0.attn.W_K", file);
    check_matrix(w.W_V, s.d_model, s.d_head, "blocks.0.attn.W_V", file);
    check_matrix(w.W_O, s.d_head, s.d_model, "blocks.0.attn.W_O", file);
    check_matrix(w.W_U, s.d_model, s.d_vocab, "unembed.W_U", file);
}

}  // namespace maxcert
