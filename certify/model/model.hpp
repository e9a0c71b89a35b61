// The model that is being certified: its weights, and what strategies share about it.
#pragma once

#include <any>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "certify/model/margin.hpp"
#include "certify/model/paths.hpp"
#include "data/weights/format.hpp"
#include "data/weights/weights.hpp"

namespace maxcert {

/// A box of models around the weights: every entry may move by up to `absolute` + `relative` * |entry|. Both
/// are decimal numbers kept as text, so that the claim is about exactly what was asked.
class WeightRadius {
  public:
    WeightRadius() = default;
    /// Throws UsageError unless both are plain decimals >= 0, as a Margin takes them.
    WeightRadius(const std::string& absolute, const std::string& relative);

    const std::string& absolute_text() const { return absolute_text_; }
    const std::string& relative_text() const { return relative_text_; }
    /// Rounded up.
    double absolute() const { return absolute_; }
    double relative() const { return relative_; }
    bool is_zero() const { return absolute_ == 0 && relative_ == 0; }

  private:
    std::string absolute_text_ = "0", relative_text_ = "0";
    double absolute_ = 0, relative_ = 0;
};

/// "1e-6" is absolute, "1e-4r" relative. Throws UsageError for anything else.
WeightRadius parse_weight_radius(const std::string& text);

/// Not thread-safe: one thread prepares, then workers may read what they were handed.
class Model {
  public:
    /// Rounds the weights to `format` first (InputError where they overflow it); the box is around the
    /// result.
    explicit Model(Weights weights, WeightRadius radius = {}, WeightFormat format = WeightFormat::float32);

    const Weights& weights() const { return weights_; }
    const Shape& shape() const { return weights_.shape; }
    /// Of the weights as they were given, before any rounding.
    const std::string& sha256() const { return sha256_; }
    const WeightRadius& radius() const { return radius_; }
    WeightFormat format() const { return format_; }

    /// Enclosures of the weights in N (for Interval: RoundUpward is set inside).
    template <class N>
    WeightMatrices<N> weight_matrices() const;

    /// The multiplied-out paths in N at the thread's working precision; computed once per number type and
    /// precision and kept.
    template <class N>
    const Paths<N>& paths();

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
    WeightRadius radius_;
    WeightFormat format_;
    std::string sha256_;
    std::unordered_map<std::string, std::any> cache_;
};

}  // namespace maxcert
