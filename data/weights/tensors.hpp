// From the named tensors of any file format to the weights of the one architecture that is certified.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert {

struct NamedTensor {
    std::string dtype;                 ///< "F32", "BOOL", or another name, for messages
    std::vector<std::uint64_t> shape;  ///< outermost first
    std::vector<float> values;         ///< row-major, truth values as 0 and 1; empty for other dtypes
};

using NamedTensors = std::map<std::string, NamedTensor>;

/// True for names that `weights_from_tensors` looks into: of the others the name alone decides.
bool needs_values(const std::string& name);

/// Expects TransformerLens names (data/weights/safetensors.hpp). Passes over biases of zeros, IGNORE, and a
/// mask that hides nothing from the last position. Throws InputError naming `file` for missing, misshapen,
/// non-finite or non-float32 weights, and for every other tensor: it belongs to a model that is not certified
/// (a layer norm, an MLP, further layers, another position embedding).
Weights weights_from_tensors(const NamedTensors& tensors, const std::string& file);

/// The tensors of a model as files name them, in the order of a file.
struct NamedMatrix {
    const char* name;
    std::vector<std::uint64_t> shape;
    const std::vector<float>* values;
};
std::vector<NamedMatrix> named_matrices(const Weights& weights);

}  // namespace maxcert
