// Weights are dyadic rationals, so point intervals hold them exactly; a box of models makes them wide. Sums
// and products are the number type's own, so the paths are enclosed in any of them.
#include "certify/model/model.hpp"

#include <cmath>
#include <type_traits>

#include "certify/arithmetic/counting.hpp"
#include "certify/arithmetic/estimate.hpp"
#include "certify/arithmetic/interval.hpp"
#include "certify/arithmetic/mpfr_interval.hpp"
#include "certify/arithmetic/self_test.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

template <class N>
Matrix<N> enclose(const std::vector<float>& values, std::size_t rows, std::size_t columns,
                  const WeightRadius& radius) {
    Matrix<N> m(rows, columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            const double value = values[i * columns + j];
            N number = exactly<N>(value);
            if (!radius.is_zero()) {
                const N r = exactly<N>(radius.absolute()) +
                            exactly<N>(radius.relative()) * exactly<N>(std::fabs(value));
                number = hull(number - r, number + r);
            }
            m(i, j) = number;
        }
    }
    return m;
}

template <class N>
WeightMatrices<N> enclose_all(const Weights& w, const WeightRadius& radius) {
    const Shape& s = w.shape;
    return {enclose<N>(w.W_E, s.d_vocab, s.d_model, radius), enclose<N>(w.W_pos, s.n_ctx, s.d_model, radius),
            enclose<N>(w.W_Q, s.d_model, s.d_head, radius),  enclose<N>(w.W_K, s.d_model, s.d_head, radius),
            enclose<N>(w.W_V, s.d_model, s.d_head, radius),  enclose<N>(w.W_O, s.d_head, s.d_model, radius),
            enclose<N>(w.W_U, s.d_model, s.d_vocab, radius)};
}

}  // namespace

WeightRadius::WeightRadius(const std::string& absolute, const std::string& relative)
    : absolute_text_(absolute), relative_text_(relative) {
    const auto rounded_up = [](const std::string& text) {
        try {
            const Margin size(text);
            const RoundUpward up;
            return upper_double(size.enclose<Interval>());
        } catch (const UsageError&) {
            throw UsageError(
                "a weight radius is a decimal number >= 0 such as 1e-6, or 1e-4r for a relative one, not '" +
                text.substr(0, 60) + "'");
        }
    };
    absolute_ = rounded_up(absolute);
    relative_ = rounded_up(relative);
}

WeightRadius parse_weight_radius(const std::string& text) {
    const bool relative = !text.empty() && text.back() == 'r';
    return relative ? WeightRadius("0", text.substr(0, text.size() - 1)) : WeightRadius(text, "0");
}

Model::Model(Weights weights, WeightRadius radius, WeightFormat format)
    : weights_(std::move(weights)), radius_(radius), format_(format), sha256_(weights_.sha256()) {
    test_arithmetic();  // again for every model: training or loading may have opened LibTorch since
    if (format_ != WeightFormat::float32) weights_ = rounded_to(weights_, format_);
}

template <>
WeightMatrices<Interval> Model::weight_matrices<Interval>() const {
    const RoundUpward up;
    return enclose_all<Interval>(weights_, radius_);
}

template <>
WeightMatrices<MpfrInterval> Model::weight_matrices<MpfrInterval>() const {
    return enclose_all<MpfrInterval>(weights_, radius_);
}

template <>
WeightMatrices<Counting> Model::weight_matrices<Counting>() const {
    return enclose_all<Counting>(weights_, {});
}

template <>
WeightMatrices<Estimate> Model::weight_matrices<Estimate>() const {
    return enclose_all<Estimate>(weights_, {});
}

template <>
const Paths<Interval>& Model::paths<Interval>() {
    return shared<Paths<Interval>>("paths/interval", [&] {
        const RoundUpward up;
        return multiply_paths(up, weight_matrices<Interval>());
    });
}

template <>
const Paths<MpfrInterval>& Model::paths<MpfrInterval>() {
    return shared<Paths<MpfrInterval>>("paths/mpfr/" + std::to_string(working_precision()),
                                       [&] { return multiply_paths({}, weight_matrices<MpfrInterval>()); });
}

}  // namespace maxcert
