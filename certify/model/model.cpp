// Weights are dyadic rationals, so point intervals hold them exactly; a box of models makes them wide.
#include "certify/model/model.hpp"

#include "certify/arithmetic/self_test.hpp"

namespace maxcert {

Model::Model(Weights weights, Radius radius) : weights_(std::move(weights)), radius_(radius) {
    test_arithmetic();  // again for every model: training or loading may have opened LibTorch since
}

}  // namespace maxcert
