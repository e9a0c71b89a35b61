// at::randint takes a Mersenne twister's output modulo the range, so the same stream needs no LibTorch.
#include "data/experiment/sampler.hpp"

namespace maxcert {

std::vector<std::int64_t> Sampler::sequences(std::size_t n) {
    std::vector<std::int64_t> tokens(n * shape_.n_ctx);
    for (auto& token : tokens) token = static_cast<std::int64_t>(engine_() % shape_.d_vocab);
    return tokens;
}

}  // namespace maxcert
