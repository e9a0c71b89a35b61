// Every sequence of a model in float32, by LibTorch and by a program that sums in reverse, against the proof:
//   float32_exhaustive [--every N] [--no-torch] MODEL.safetensors...
// prints, per model and program, the proved error of a logit, the largest error seen over it, and how often a
// certified sequence has another float32 argmax. --every N takes each N-th query only. Exit code 1 on any
// violation.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "certify/model/float32/error.hpp"
#include "data/base/counts.hpp"
#include "data/base/parallel.hpp"
#include "data/weights/safetensors.hpp"
#include "tests/validation/float32_programs.hpp"
#include "train/module.hpp"

namespace maxcert {
namespace {

constexpr std::uint64_t kBatch = 512;  // LibTorch's tensors of so many sequences stay in the cache

/// All sequences that end in q.
void compare(const Weights& w, const Float32Programs& programs, std::size_t q, bool torch, Tally& theirs,
             Tally& ours) {
    const std::size_t n = w.shape.n_ctx, v = w.shape.d_vocab;
    std::uint64_t prefixes = 1;
    for (std::size_t i = 1; i < n; ++i) prefixes *= v;
    std::vector<std::int64_t> tokens;
    for (std::uint64_t begin = 0; begin < prefixes; begin += kBatch) {
        const std::uint64_t size = std::min(kBatch, prefixes - begin);
        tokens.assign(size * n, static_cast<std::int64_t>(q));
        for (std::uint64_t s = 0; s < size; ++s) {
            std::uint64_t rest = begin + s;
            for (std::size_t i = 0; i + 1 < n; ++i, rest /= v) {
                tokens[s * n + i] = static_cast<std::int64_t>(rest % v);
            }
        }
        const auto logits = torch ? train_module().forward(w, tokens) : std::vector<float>();
        programs.judge(tokens.data(), size, torch ? logits.data() : nullptr, theirs, ours);
    }
}

bool report(const std::string& file, const char* program, const Tally& seen, double bound,
            const Count& sequences) {
    fmt::print(
        "{} {}: bound {:.3e} seen {:.3e} ratio {:.4f} certified {} of {} lost {} verdict differs from real "
        "{}\n",
        file, program, bound, seen.error, seen.error / bound, seen.certified, sequences.get_str(), seen.lost,
        seen.other_verdict);
    std::fflush(stdout);
    return seen.error <= bound && seen.lost == 0;
}

bool run(const std::string& file, std::size_t every, bool torch) {
    const Weights weights = load_safetensors(file);
    Model model(weights);
    const double bound = float32_error(model, {}).logit;
    const Float32Programs programs(model, bound);
    const std::size_t queries = (weights.shape.d_vocab + every - 1) / every;
    Tally theirs, ours;
    std::mutex mutex;
    parallel_for(queries, std::thread::hardware_concurrency(), [&](std::size_t i) {
        Tally of_torch, of_us;
        compare(weights, programs, weights.shape.d_vocab - 1 - i * every, torch, of_torch, of_us);
        const std::lock_guard<std::mutex> lock(mutex);
        theirs.merge(of_torch), ours.merge(of_us);
    });
    const Count sequences =
        power(weights.shape.d_vocab, weights.shape.n_ctx - 1) * static_cast<unsigned long>(queries);
    const bool sound = report(file, "reversed", ours, bound, sequences);
    return (!torch || report(file, "LibTorch", theirs, bound, sequences)) && sound;
}

}  // namespace
}  // namespace maxcert

int main(int argc, char** argv) {
    maxcert::fix_numeric_environment(argv);
    mallopt(M_MMAP_THRESHOLD, 1 << 30), mallopt(M_TRIM_THRESHOLD, 1 << 30);  // LibTorch frees every tensor
    std::size_t every = 1;
    bool torch = true, sound = true;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--no-torch") {
            torch = false;
        } else if (word == "--every" && i + 1 < argc) {
            every = std::max(1ul, std::stoul(argv[++i]));
        } else {
            sound = maxcert::run(word, every, torch) && sound;
        }
    }
    return sound ? 0 : 1;
}
