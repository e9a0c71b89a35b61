// The forward pass in float32, in several orders of evaluation, and in long double as the truth to compare
// with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert::testing {

/// How the inner products are summed, and whether softmax subtracts the largest score.
enum class Order { forward, reversed, pairwise, fused };
constexpr Order kOrders[] = {Order::forward, Order::reversed, Order::pairwise, Order::fused};

/// Logits [d_vocab] at the last position, every operation rounded to float32; exp is the platform's expf,
/// then moved by exp_ulp units in the last place, up and down at alternate positions.
std::vector<float> float_logits(const Weights& weights, const std::vector<std::uint32_t>& tokens, Order order,
                                bool subtract_maximum = true, unsigned exp_ulp = 0);

/// The same formula in long double: for weights of moderate size off by about 1e-16 of its terms.
std::vector<long double> real_logits(const Weights& weights, const std::vector<std::uint32_t>& tokens);

}  // namespace maxcert::testing
