// sampler WEIGHTS SECONDS: runs a model on random sequences for that much processor time and prints, as JSON,
// how many of them came out right. It is the estimate by sampling that brackets are compared with
// (scripts/sampling), so it is made as fast as we can: paths are multiplied out once, a sequence costs n_ctx
// * d_vocab products and sums in float32, which the processor does 16 at a time, and queries take turns,
// which removes their share of the variance.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "data/base/target_clones.hpp"
#include "data/weights/safetensors.hpp"
#include "tests/support/sampled_tables.hpp"

namespace maxcert {
namespace {

using Table = std::vector<float>;

constexpr std::size_t kLanes = 16, kChunk = 64;
typedef float Lanes __attribute__((vector_size(4 * kLanes)));
typedef int Hits __attribute__((vector_size(4 * kLanes)));

/// A vector from anywhere in memory.
template <class Vector>
MAXCERT_INLINE void load(Vector& to, const void* from) {
    std::memcpy(&to, from, sizeof to);
}

/// `width`: d_vocab, rounded up to whole chunks.
struct Tables {
    std::size_t d_vocab, n_ctx, width;
    Table attention;  ///< [query][position, token]: exp of the score, less the query's largest
    Table passed;     ///< [position, token][width]: (W_E + W_pos) W_V W_O W_U
    Table direct;     ///< [query][width]: (W_E + W_pos) W_U at the last position
    std::vector<int>
        others;  ///< [token][width]: -1 for every output but this one, 0 for it and beyond d_vocab
};

Table widened(const Table& rows, std::size_t columns, std::size_t width) {
    Table wide(rows.size() / columns * width);
    for (std::size_t j = 0; j < rows.size(); ++j) wide[j / columns * width + j % columns] = rows[j];
    return wide;
}

Tables tables_of(const Weights& weights) {
    const std::size_t V = weights.shape.d_vocab, width = (V + kChunk - 1) / kChunk * kChunk;
    testing::SampledTables<float> tables(weights);
    std::vector<int> others(V * width);
    for (std::size_t t = 0; t < V; ++t) {
        for (std::size_t o = 0; o < V; ++o) others[t * width + o] = o == t ? 0 : -1;
    }
    return {V,
            weights.shape.n_ctx,
            width,
            std::move(tables.attention),
            widened(tables.passed, V, width),
            widened(tables.direct, V, width),
            std::move(others)};
}

/// SplitMix64: two tokens from each step.
class Random {
  public:
    std::uint64_t operator()() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_ = 1;
};

/// Of `samples` sequences that end with q, how many are right. Outputs are taken 64 at a time, which stay in
/// registers.
MAXCERT_CLONES("avx512f", "avx2")
std::uint64_t right_with_query(const Tables& tables, std::size_t q, std::uint64_t samples, Random& random) {
    const std::size_t V = tables.d_vocab, K = tables.n_ctx, width = tables.width;
    const float* attention = &tables.attention[q * K * V];
    const float* direct = &tables.direct[q * width];
    std::vector<std::size_t> at(K + 1);  // position and token, as a row of `passed`
    std::uint64_t right = 0;
    for (std::uint64_t sample = 0; sample < samples; ++sample) {
        std::size_t largest = q;
        for (std::size_t i = 0; i + 1 < K; i += 2) {
            const std::uint64_t bits = random();
            const std::size_t one = ((bits >> 32) * V) >> 32, other = ((bits & 0xffffffff) * V) >> 32;
            at[i] = i * V + one, at[i + 1] = (i + 1) * V + other;
            largest = std::max(largest, i + 2 < K ? std::max(one, other) : one);
        }
        at[K - 1] = (K - 1) * V + q;
        float mass = 0, wanted = 0;
        for (std::size_t i = 0; i < K; ++i) {
            mass += attention[at[i]];
            wanted += attention[at[i]] * tables.passed[at[i] * width + largest];
        }
        wanted += mass * direct[largest];
        const int* others = &tables.others[largest * width];
        Hits hits{};
        for (std::size_t begin = 0; begin < width; begin += kChunk) {
            Lanes sums[kChunk / kLanes] = {};
            for (std::size_t i = 0; i < K; ++i) {
                const float* passed = &tables.passed[at[i] * width + begin];
                for (std::size_t l = 0; l < kChunk / kLanes; ++l) {
                    Lanes values;
                    load(values, passed + l * kLanes);
                    sums[l] += attention[at[i]] * values;
                }
            }
            for (std::size_t l = 0; l < kChunk / kLanes; ++l) {
                Lanes own;
                Hits other;
                load(own, direct + begin + l * kLanes);
                load(other, others + begin + l * kLanes);
                hits |= (sums[l] + mass * own >= wanted) & other;
            }
        }
        int wrong = 0;
        for (std::size_t l = 0; l < kLanes; ++l) wrong |= hits[l];
        right += wrong == 0 ? 1 : 0;
    }
    return right;
}

double processor_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace
}  // namespace maxcert

int main(int argc, char** argv) {
    using namespace maxcert;
    if (argc != 3) {
        fmt::print(stderr, "usage: sampler WEIGHTS SECONDS\n");
        return 2;
    }
    const double limit = std::strtod(argv[2], nullptr);
    const Tables tables = tables_of(load_safetensors(argv[1]));
    Random random;
    std::uint64_t right = 0, samples = 0;
    const std::uint64_t turn = 4096;
    do {
        for (std::size_t q = 0; q < tables.d_vocab; ++q) right += right_with_query(tables, q, turn, random);
        samples += turn * tables.d_vocab;
    } while (processor_seconds() < limit);
    fmt::print("{{\"samples\": {}, \"right\": {}, \"cpu_s\": {:.6f}}}\n", samples, right,
               processor_seconds());
    return 0;
}
