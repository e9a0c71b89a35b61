// Matrices begin at multiples of 64 floats, so that vector loops split every row in the same way in any
// company.
#include "train/parameters.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <cstring>
#include <utility>

namespace maxcert {
namespace {

constexpr std::int64_t kRowMultiple = 64;

using Member = std::vector<float> Weights::*;
constexpr std::array<Member, 7> kMembers = {&Weights::W_E, &Weights::W_pos, &Weights::W_Q, &Weights::W_K,
                                            &Weights::W_V, &Weights::W_O,   &Weights::W_U};

}  // namespace

Parameters::Parameters(const Shape& shape) : shape_(shape) {
    const std::int64_t k = shape.n_ctx, v = shape.d_vocab, d = shape.d_model, h = shape.d_head;
    const std::array<std::pair<std::int64_t, std::int64_t>, 7> sizes = {
        {{v, d}, {k, d}, {d, h}, {d, h}, {d, h}, {h, d}, {d, v}}};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        places_[i] = {row_, sizes[i].first, sizes[i].second};
        row_ += sizes[i].first * sizes[i].second;
    }
    row_ = (row_ + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
}

at::Tensor Parameters::view(const at::Tensor& rows, Name name) const {
    const Place& place = places_[name];
    return rows.narrow(1, place.offset, place.rows * place.columns).view({-1, place.rows, place.columns});
}

float* Parameters::begin(const at::Tensor& row, Name name) const {
    return row.data_ptr<float>() + places_[name].offset;
}

void Parameters::initialise(const at::Tensor& row, std::uint32_t seed) const {
    auto generator = at::detail::createCPUGenerator(seed);
    const double deviation = 0.8 / std::sqrt(static_cast<double>(shape_.d_model));
    row.zero_();
    for (const auto name : {W_E, W_pos, W_Q, W_O, W_K, W_V, W_U}) {
        const Place& place = places_[name];
        // normal_ draws another stream into tensors that are not contiguous float32: one fresh tensor each.
        const auto matrix =
            at::empty({place.rows, place.columns}, at::kFloat).normal_(0, deviation, generator);
        row.narrow(0, place.offset, matrix.numel()).copy_(matrix.view({-1}));
    }
}

Weights Parameters::weights(const at::Tensor& row) const {
    Weights weights;
    weights.shape = shape_;
    const auto floats = row.to(at::kCPU).contiguous();
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
        const float* begin = floats.data_ptr<float>() + places_[i].offset;
        (weights.*kMembers[i]).assign(begin, begin + places_[i].rows * places_[i].columns);
    }
    return weights;
}

at::Tensor Parameters::from_weights(const Weights& weights) const {
    auto row = at::zeros({row_}, at::kFloat);
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
        const auto& matrix = weights.*kMembers[i];
        std::memcpy(row.data_ptr<float>() + places_[i].offset, matrix.data(), matrix.size() * sizeof(float));
    }
    return row;
}

}  // namespace maxcert
