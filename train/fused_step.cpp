// Large products go to BLAS on tables over the vocabulary, and only what depends on the sequence is done
// sequence by sequence.
#include "train/fused_step.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace maxcert {

FusedStep::FusedStep(const Parameters& parameters, const at::Tensor& row, const at::Tensor& gradient_row,
                     std::size_t batch)
    : shape_(parameters.shape()), batch_(batch) {
    const std::int64_t k = shape_.n_ctx, v = shape_.d_vocab, d = shape_.d_model;
    const auto n = static_cast<std::int64_t>(batch);
    const auto of = [&](const at::Tensor& from, Parameters::Name name) {
        return parameters.view(from.unsqueeze(0), name)[0];
    };
    W_E_ = of(row, Parameters::W_E);
    W_pos_last_ = of(row, Parameters::W_pos)[k - 1];
    X_ = parameters.embeddings(row.unsqueeze(0))[0];
    W_Q_ = of(row, Parameters::W_Q), dW_Q_ = of(gradient_row, Parameters::W_Q);
    W_K_ = of(row, Parameters::W_K), dW_K_ = of(gradient_row, Parameters::W_K);
    W_V_ = of(row, Parameters::W_V), dW_V_ = of(gradient_row, Parameters::W_V);
    W_O_ = of(row, Parameters::W_O), dW_O_ = of(gradient_row, Parameters::W_O);
    W_U_ = of(row, Parameters::W_U), dW_U_ = of(gradient_row, Parameters::W_U);
    dX_ = parameters.embeddings(gradient_row.unsqueeze(0))[0];
    dE_ = of(gradient_row, Parameters::W_E);
    dP_last_ = of(gradient_row, Parameters::W_pos)[k - 1];
    const auto room = [](std::int64_t rows, std::int64_t columns) {
        return at::zeros({rows, columns}, at::kFloat);
    };
    QK_ = room(d, d), dQK_ = room(d, d);
    OV_ = room(d, d), dOV_ = room(d, d);
    query_ = room(v, d), last_ = room(v, d), ov_ = room(v + k, d);
    dtables_ = room(v + v + v + k, d);
    dquery_ = dtables_.narrow(0, 0, v), dlast_ = dtables_.narrow(0, v, v);
    dov_ = dtables_.narrow(0, v + v, v + k);
    residual_ = room(n, d), dresidual_ = room(n, d);
    attention_ = room(n, k);
    logits_ = room(n, v);
}

kernels::Tables FusedStep::tables() const {
    return {X_.data_ptr<float>(), query_.data_ptr<float>(), ov_.data_ptr<float>(), last_.data_ptr<float>()};
}

void FusedStep::forward(const std::int64_t* tokens) {
    // The scale 1 / sqrt(d_head) sits in the small matrix QK.
    const float scale = 1.0f / std::sqrt(static_cast<float>(shape_.d_head));
    at::mm_out(QK_, W_Q_, W_K_.t()).mul_(scale);
    at::mm_out(OV_, W_V_, W_O_);
    at::add_out(last_, W_E_, W_pos_last_);
    at::mm_out(query_, last_, QK_);
    at::mm_out(ov_, X_, OV_);
    kernels::attend(shape_, tables(), tokens, batch_, attention_.data_ptr<float>(),
                    residual_.data_ptr<float>());
    at::mm_out(logits_, residual_, W_U_);
}

double FusedStep::gradient(const std::int64_t* tokens) {
    forward(tokens);
    const double loss = kernels::cross_entropy(shape_, tokens, batch_, logits_.data_ptr<float>());
    const at::Tensor& dlogits = logits_;
    at::mm_out(dW_U_, residual_.t(), dlogits);
    at::mm_out(dresidual_, dlogits, W_U_.t());
    dX_.zero_();
    dtables_.zero_();
    kernels::attend_backward(
        shape_, tables(), tokens, batch_, attention_.data_ptr<float>(), dresidual_.data_ptr<float>(),
        {dX_.data_ptr<float>(), dquery_.data_ptr<float>(), dov_.data_ptr<float>(), dlast_.data_ptr<float>()});
    // ov = X OV, OV = W_V W_O
    at::mm_out(dOV_, X_.t(), dov_);
    dX_.addmm_(dov_, OV_.t());
    at::mm_out(dW_V_, dOV_, W_O_.t());
    at::mm_out(dW_O_, W_V_.t(), dOV_);
    // query = last QK, QK = W_Q W_K^T / sqrt(d_head)
    const float scale = 1.0f / std::sqrt(static_cast<float>(shape_.d_head));
    at::mm_out(dQK_, last_.t(), dquery_).mul_(scale);
    dlast_.addmm_(dquery_, QK_.t());
    at::mm_out(dW_Q_, dQK_, W_K_);
    at::mm_out(dW_K_, dQK_.t(), W_Q_);
    // last = W_E + W_pos[last]
    dE_.add_(dlast_);
    dP_last_.add_(dlast_.sum(0));
    return loss;
}

std::size_t FusedStep::correct(const std::int64_t* tokens) {
    forward(tokens);
    return kernels::count_correct(shape_, tokens, batch_, logits_.data_ptr<float>());
}

}  // namespace maxcert
