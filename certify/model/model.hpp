// The model that is being certified: its weights, and what strategies share about it. Weights are dyadic
// rationals, so point intervals hold them exactly; a box of models makes them wide.
#pragma once

#include <any>
#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"
#include "certify/arithmetic/self_test.hpp"
#include "certify/model/weight_matrices.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// A box of models around the weights: every entry may move by up to `absolute` + `relative` * |entry|.
struct Radius {
    double absolute = 0, relative = 0;  ///< >= 0

    bool is_zero() const { return absolute == 0 && relative == 0; }
};

/// Not thread-safe: one thread prepares, then workers may read what they were handed.
class Model {
  public:
    explicit Model(Weights weights, Radius radius = {}) : weights_(std::move(weights)), radius_(radius) {
        test_arithmetic();  // again for every model: training or loading may have opened LibTorch since
    }

    const Weights& weights() const { return weights_; }
    const Shape& shape() const { return weights_.shape; }
    const Radius& radius() const { return radius_; }

    /// Enclosures in N of the weights of every model in the box. Number types that prove nothing know no
    /// boxes.
    template <class N>
    WeightMatrices<N> weight_matrices() const;

    /// Whatever a family of strategies wants to compute once per model: made by `make()` (returning T) on
    /// the first call with this key, kept until the model dies. The key names the thing and all that it
    /// depends on besides the weights.
    template <class T, class Make>
    T& shared(const std::string& key, Make&& make) {
        auto& slot = cache_[key];
        if (!slot.has_value()) slot = std::make_shared<T>(make());
        return *std::any_cast<std::shared_ptr<T>&>(slot);
    }

  private:
    Weights weights_;
    Radius radius_;
    std::unordered_map<std::string, std::any> cache_;
};

template <class N>
WeightMatrices<N> Model::weight_matrices() const {
    constexpr bool encloses = std::is_same_v<N, Interval> || std::is_same_v<N, MpfrInterval>;
    const RoundingFor<N> rounding;
    const auto matrix = [this](const std::vector<float>& values, std::size_t rows, std::size_t columns) {
        Matrix<N> m(rows, columns);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double value = values[i];
            N number = exactly<N>(value);
            if (encloses && !radius_.is_zero()) {
                const N r = exactly<N>(radius_.absolute) +
                            exactly<N>(radius_.relative) * exactly<N>(std::fabs(value));
                number = hull(number - r, number + r);
            }
            m(i / columns, i % columns) = number;
        }
        return m;
    };
    const Weights& w = weights_;
    const Shape& s = w.shape;
    return {matrix(w.W_E, s.d_vocab, s.d_model), matrix(w.W_pos, s.n_ctx, s.d_model),
            matrix(w.W_Q, s.d_model, s.d_head),  matrix(w.W_K, s.d_model, s.d_head),
            matrix(w.W_V, s.d_model, s.d_head),  matrix(w.W_O, s.d_head, s.d_model),
            matrix(w.W_U, s.d_model, s.d_vocab)};
}

}  // namespace maxcert
