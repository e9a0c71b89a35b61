// Large products go to BLAS on tables over the vocabulary, and only what depends on the sequence is done
// sequence by sequence.
#include "train/fused_step.hpp"

#include <algorithm>
#include <cmath>

#include "train/products.hpp"

namespace maxcert {

FusedStep::FusedStep(const Parameters& parameters, const at::Tensor& row, const at::Tensor& gradient_row,
                     std::size_t batch)
    : shape_(parameters.shape()),
      K_(shape_.n_ctx),
      V_(shape_.d_vocab),
      d_(shape_.d_model),
      h_(shape_.d_head),
      scale_(1.0f / std::sqrt(static_cast<float>(h_))),
      batch_(batch) {
    const auto weights = [&](Parameters::Name name) { return parameters.begin(row, name); };
    const auto gradients = [&](Parameters::Name name) { return parameters.begin(gradient_row, name); };
    X_ = weights(Parameters::W_E), dX_ = gradients(Parameters::W_E);
    W_pos_last_ = X_ + (V_ + K_ - 1) * d_;
    W_Q_ = weights(Parameters::W_Q), dW_Q_ = gradients(Parameters::W_Q);
    W_K_ = weights(Parameters::W_K), dW_K_ = gradients(Parameters::W_K);
    W_V_ = weights(Parameters::W_V), dW_V_ = gradients(Parameters::W_V);
    W_O_ = weights(Parameters::W_O), dW_O_ = gradients(Parameters::W_O);
    W_U_ = weights(Parameters::W_U), dW_U_ = gradients(Parameters::W_U);
    for (Room* square : {&QK_, &OV_, &dQK_, &dOV_}) square->resize(d_ * d_);
    query_.resize(V_ * d_), last_.resize(V_ * d_), ov_.resize((V_ + K_) * d_);
    residual_.resize(batch_ * d_), dresidual_.resize(batch_ * d_);
    attention_.resize(batch_ * K_), logits_.resize(batch_ * V_);
    dtables_.resize((V_ + V_ + V_ + K_) * d_);
    dquery_ = dtables_.data(), dlast_ = dquery_ + V_ * d_, dov_ = dlast_ + V_ * d_;
}

kernels::Tables FusedStep::tables() const {
    return {X_, query_.data(), ov_.data(), last_.data()};
}

void FusedStep::forward(const std::int64_t* tokens) {
    // The scale 1 / sqrt(d_head) sits in the small matrix QK.
    multiply({W_Q_, d_, h_}, Factor{W_K_, d_, h_}.transpose(), QK_.data());
    for (float& entry : QK_) entry *= scale_;
    multiply({W_V_, d_, h_}, {W_O_, h_, d_}, OV_.data());
    for (std::size_t t = 0; t < V_; ++t) {
        for (std::size_t j = 0; j < d_; ++j) last_[t * d_ + j] = X_[t * d_ + j] + W_pos_last_[j];
    }
    multiply({last_.data(), V_, d_}, {QK_.data(), d_, d_}, query_.data());
    multiply({X_, V_ + K_, d_}, {OV_.data(), d_, d_}, ov_.data());
    kernels::attend(shape_, tables(), tokens, batch_, attention_.data(), residual_.data());
    multiply({residual_.data(), batch_, d_}, {W_U_, d_, V_}, logits_.data());
}

double FusedStep::gradient(const std::int64_t* tokens) {
    forward(tokens);
    const double loss = kernels::cross_entropy(shape_, tokens, batch_, logits_.data());
    const Factor dlogits{logits_.data(), batch_, V_};
    multiply(Factor{residual_.data(), batch_, d_}.transpose(), dlogits, dW_U_);
    multiply(dlogits, Factor{W_U_, d_, V_}.transpose(), dresidual_.data());
    std::fill(dX_, dX_ + (V_ + K_) * d_, 0.0f);
    std::fill(dtables_.begin(), dtables_.end(), 0.0f);
    kernels::attend_backward(shape_, tables(), tokens, batch_, attention_.data(), dresidual_.data(),
                             {dX_, dquery_, dov_, dlast_});
    // ov = X OV, OV = W_V W_O
    multiply(Factor{X_, V_ + K_, d_}.transpose(), {dov_, V_ + K_, d_}, dOV_.data());
    multiply({dov_, V_ + K_, d_}, Factor{OV_.data(), d_, d_}.transpose(), dX_, Store::add);
    multiply({dOV_.data(), d_, d_}, Factor{W_O_, h_, d_}.transpose(), dW_V_);
    multiply(Factor{W_V_, d_, h_}.transpose(), {dOV_.data(), d_, d_}, dW_O_);
    // query = last QK, QK = W_Q W_K^T / sqrt(d_head)
    multiply(Factor{last_.data(), V_, d_}.transpose(), {dquery_, V_, d_}, dQK_.data());
    for (float& entry : dQK_) entry *= scale_;
    multiply({dquery_, V_, d_}, Factor{QK_.data(), d_, d_}.transpose(), dlast_, Store::add);
    multiply({dQK_.data(), d_, d_}, {W_K_, d_, h_}, dW_Q_);
    multiply(Factor{dQK_.data(), d_, d_}.transpose(), {W_Q_, d_, h_}, dW_K_);
    // last = W_E + W_pos[last]
    for (std::size_t j = 0; j < V_ * d_; ++j) dX_[j] += dlast_[j];
    kernels::add_sum_of_rows(dlast_, V_, d_, dX_ + (V_ + K_ - 1) * d_);
    return loss;
}

std::size_t FusedStep::correct(const std::int64_t* tokens) {
    forward(tokens);
    return kernels::count_correct(shape_, tokens, batch_, logits_.data());
}

}  // namespace maxcert
