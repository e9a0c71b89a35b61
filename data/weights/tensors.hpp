// From the named tensors of any file format to the weights of the one architecture that is certified.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/weights/weights.hpp"

namespace maxcert {

struct NamedTensor {
    std::string dtype;                 ///< "F32" or another name, for messages
    std::vector<std::uint64_t> shape;  ///< outermost first
    std::vector<float> values;         ///< row-major; empty unless dtype is F32
};

using NamedTensors = std::map<std::string, NamedTensor>;

/// True for names that `weights_from_tensors` looks into (weights and biases): the others need no values.
bool is_parameter(const std::string& name);

/// Expects TransformerLens names (data/safetensors.hpp). Throws InputError naming `file` for missing,
/// misshapen, non-finite or non-float32 weights, for biases that are not all zero, and for tensors of parts
/// that the certified architecture does not have (layer norms, MLPs, further layers or heads).
Weights weights_from_tensors(const NamedTensors& tensors, const std::string& file);

/// The tensors of a model as files name them, in the order of a file.
struct NamedMatrix {
    const char* name;
    std::vector<std::uint64_t> shape;
    const std::vector<float>* values;
};
std::vector<NamedMatrix> named_matrices(const Weights& weights);

}  // namespace maxcert
