// Plain LibTorch operations in the order of the paper's code, so that a reader can compare line by line.
#include "train/autograd.hpp"

#include <ATen/TensorOperators.h>

#include <cmath>

namespace maxcert {

at::Tensor logits_of(const Parameters& parameters, const at::Tensor& rows, const at::Tensor& tokens) {
    const auto& shape = parameters.shape();
    const std::int64_t seeds = tokens.size(0), n = tokens.size(1), k = shape.n_ctx, d = shape.d_model;
    const auto matrix = [&](Parameters::Name name) { return parameters.view(rows, name); };

    const auto index = tokens.reshape({seeds, n * k, 1}).expand({seeds, n * k, d});
    const auto embedded = matrix(Parameters::W_E).gather(1, index).view({seeds, n, k, d}) +
                          matrix(Parameters::W_pos).unsqueeze(1);
    const auto flat = embedded.view({seeds, n * k, d});
    const auto last = embedded.select(2, k - 1);
    const auto query = last.bmm(matrix(Parameters::W_Q));
    const auto key = flat.bmm(matrix(Parameters::W_K)).view({seeds, n, k, -1});
    const auto value = flat.bmm(matrix(Parameters::W_V)).view({seeds, n, k, -1});
    const auto scores = (key * query.unsqueeze(2)).sum(-1) / std::sqrt(static_cast<double>(shape.d_head));
    const auto attention = scores.softmax(-1);
    const auto mixed = (attention.unsqueeze(-1) * value).sum(2);
    const auto residual = last + mixed.bmm(matrix(Parameters::W_O));
    return residual.bmm(matrix(Parameters::W_U));
}

at::Tensor losses_of(const Parameters& parameters, const at::Tensor& rows, const at::Tensor& tokens) {
    const auto logits = logits_of(parameters, rows, tokens);
    const auto label = std::get<0>(tokens.max(-1, true));
    // log-softmax as the paper's code takes it: log1p of the exponentials off the largest logit.
    const auto top = std::get<1>(logits.max(-1, true));
    const auto below = logits - logits.gather(-1, top);
    const auto others = below.exp().scatter(-1, top, 0.0).sum(-1, true);
    return (others.log1p() - below.gather(-1, label)).mean({-2, -1});
}

}  // namespace maxcert
