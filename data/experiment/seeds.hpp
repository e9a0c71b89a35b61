// Where every random number of a model comes from, and which seeds a command works on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maxcert {

/// The little-endian uint32 of the bytes (0, d0, d1, d2), d = md5 of the JSON text `[x,"label"]`, as in
/// the paper's code: reseed(123, "model") = 613947648.
std::uint32_t reseed(std::uint64_t x, const std::string& label);

std::uint32_t model_seed(std::uint64_t seed);
/// reseed(seed, "dataset_seed"): seed 123 -> 1914904320.
std::uint32_t dataset_seed(std::uint64_t seed);
/// Of the training sequences: reseed(dataset_seed, "train"): seed 123 -> 3402695680.
std::uint32_t train_seed(std::uint64_t seed);
/// Of the sequences on which accuracy is sampled: reseed(dataset_seed, "test").
std::uint32_t test_seed(std::uint64_t seed);

/// The seeds of `all` that `selection` names: `all`, numbers with commas, `first:N`, `@I` (0-based index),
/// `@I/N` (the I-th of N contiguous blocks). Numbers need not be in `all`; `@I` out of range, an empty
/// selection, a number given twice and anything else throw UsageError.
std::vector<std::uint64_t> select_seeds(const std::string& selection, const std::vector<std::uint64_t>& all);

}  // namespace maxcert
