// How a certificate names the weights that it speaks of: a hash, the format to which they are rounded, and a
// radius around them.
#pragma once

#include <string>

#include "certify/model/model.hpp"
#include "data/weights/format.hpp"

namespace maxcert {

/// Two decimal numbers kept as text, so that the claim is about exactly what was asked.
class WeightRadius {
  public:
    WeightRadius() = default;
    /// Throws UsageError unless both are plain decimals >= 0, as a Margin takes them.
    WeightRadius(const std::string& absolute, const std::string& relative);

    const std::string& absolute_text() const { return absolute_text_; }
    const std::string& relative_text() const { return relative_text_; }
    const Radius& rounded_up() const { return rounded_up_; }

  private:
    std::string absolute_text_ = "0", relative_text_ = "0";
    Radius rounded_up_;
};

/// "1e-6" is absolute, "1e-4r" relative. Throws UsageError for anything else.
WeightRadius parse_weight_radius(const std::string& text);

struct ClaimedWeights {
    std::string sha256;  ///< of the weights as they were given, before any rounding
    WeightFormat format = WeightFormat::float32;
    WeightRadius radius;
};

/// Rounds the given weights to `format` (InputError where they overflow it); the box is around the result.
Model model_of(const Weights& given, const WeightRadius& radius = {},
               WeightFormat format = WeightFormat::float32);

/// What a model was made from. One that model_of() did not make is taken as it is; if it is a box, nobody
/// knows its radius in decimals, so that nothing can be claimed of it: throws std::logic_error.
const ClaimedWeights& claimed_weights(Model& model);

}  // namespace maxcert
