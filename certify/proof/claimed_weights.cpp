// A check sees the rounded weights and the radius rounded up, and a claim about them holds for the texts and
// the hash that are kept here beside the model.
#include "certify/proof/claimed_weights.hpp"

#include <stdexcept>

#include "certify/model/margin.hpp"
#include "data/base/errors.hpp"
#include "data/weights/identity.hpp"

namespace maxcert {
namespace {

const char* const kKey = "claimed weights";

double rounded_up(const std::string& text) {
    try {
        const Margin size(text);
        const RoundUpward up;
        return upper_double(size.enclose<Interval>());
    } catch (const UsageError&) {
        throw UsageError(
            "a weight radius is a decimal number >= 0 such as 1e-6, or 1e-4r for a relative one, not '" +
            text.substr(0, 60) + "'");
    }
}

}  // namespace

WeightRadius::WeightRadius(const std::string& absolute, const std::string& relative)
    : absolute_text_(absolute),
      relative_text_(relative),
      rounded_up_{maxcert::rounded_up(absolute), maxcert::rounded_up(relative)} {}

WeightRadius parse_weight_radius(const std::string& text) {
    const bool relative = !text.empty() && text.back() == 'r';
    return relative ? WeightRadius("0", text.substr(0, text.size() - 1)) : WeightRadius(text, "0");
}

Model model_of(const Weights& given, const WeightRadius& radius, WeightFormat format) {
    Model model(format == WeightFormat::float32 ? given : rounded_to(given, format), radius.rounded_up());
    model.shared<ClaimedWeights>(kKey, [&] { return ClaimedWeights{sha256_of(given), format, radius}; });
    return model;
}

const ClaimedWeights& claimed_weights(Model& model) {
    return model.shared<ClaimedWeights>(kKey, [&model] {
        if (!model.radius().is_zero()) throw std::logic_error("a box of models made without model_of()");
        return ClaimedWeights{sha256_of(model.weights()), WeightFormat::float32, {}};
    });
}

}  // namespace maxcert
