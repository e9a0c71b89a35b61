// Every sequence of a model in float32, by LibTorch and in reversed order of summation, against double:
//   float32_exhaustive [--every N] [--no-torch] MODEL.safetensors...
// prints, per model, the proved error of a logit, the largest error seen over it, and how often a certified
// sequence has another float32 argmax. --every N takes each N-th query only. Exit code 1 on any violation.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "certify/float32/error.hpp"
#include "data/counts.hpp"
#include "data/parallel.hpp"
#include "data/safetensors.hpp"
#include "train/train.hpp"

namespace maxcert {
namespace {

struct Tally {
    double error = 0;
    std::uint64_t certified = 0, other_argmax = 0, lost = 0;  // lost: certified, but the token does not win

    void merge(const Tally& o) {
        error = error >= o.error ? error : o.error;
        certified += o.certified, other_argmax += o.other_argmax, lost += o.lost;
    }
};

double middle(Interval a) {
    return (a.lower() + a.upper()) / 2;
}

/// Sums from the last term to the first, as float or as double.
template <class T>
void times(const T* v, std::size_t rows, const float* m, std::size_t columns, T* out) {
    std::fill_n(out, columns, T(0));
    for (std::size_t i = rows; i-- > 0;) {
        const T factor = v[i];
        for (std::size_t j = 0; j < columns; ++j) out[j] += factor * static_cast<T>(m[i * columns + j]);
    }
}

/// The float32 forward pass with every sum reversed; what depends on (token, position) alone is kept.
class Reversed {
  public:
    explicit Reversed(const Weights& w) : w_(w) {
        const Shape& s = w.shape;
        for (std::size_t t = 0; t < s.d_vocab; ++t) {
            for (std::size_t i = 0; i < s.n_ctx; ++i) {
                std::vector<float> x(s.d_model), q(s.d_head), k(s.d_head), v(s.d_head);
                for (std::size_t d = 0; d < s.d_model; ++d) {
                    x[d] = w.W_E[t * s.d_model + d] + w.W_pos[i * s.d_model + d];
                }
                times(x.data(), s.d_model, w.W_Q.data(), s.d_head, q.data());
                times(x.data(), s.d_model, w.W_K.data(), s.d_head, k.data());
                times(x.data(), s.d_model, w.W_V.data(), s.d_head, v.data());
                x_.push_back(x), q_.push_back(q), k_.push_back(k), v_.push_back(v);
            }
        }
    }

    void logits(const std::int64_t* tokens, float* out) const {
        const Shape& s = w_.shape;
        const auto row = [&](std::size_t i) { return static_cast<std::size_t>(tokens[i]) * s.n_ctx + i; };
        const std::vector<float>& q = q_[row(s.n_ctx - 1)];
        std::vector<float> p(s.n_ctx), z(s.d_head), r(s.d_model);
        for (std::size_t i = 0; i < s.n_ctx; ++i) {
            for (std::size_t h = s.d_head; h-- > 0;) p[i] += q[h] * k_[row(i)][h];
            p[i] /= std::sqrt(static_cast<float>(s.d_head));
        }
        const float most = *std::max_element(p.begin(), p.end());
        float sum = 0;
        for (std::size_t i = s.n_ctx; i-- > 0;) sum += p[i] = std::exp(p[i] - most);
        for (std::size_t i = s.n_ctx; i-- > 0;) {
            const float weight = p[i] / sum;
            for (std::size_t h = 0; h < s.d_head; ++h) z[h] += weight * v_[row(i)][h];
        }
        times(z.data(), s.d_head, w_.W_O.data(), s.d_model, r.data());
        for (std::size_t d = 0; d < s.d_model; ++d) r[d] = x_[row(s.n_ctx - 1)][d] + r[d];
        times(r.data(), s.d_model, w_.W_U.data(), s.d_vocab, out);
    }

  private:
    const Weights& w_;
    std::vector<std::vector<float>> x_, q_, k_, v_;
};

class Comparison {
  public:
    Comparison(const Weights& w, bool torch)
        : w_(w),
          subject_(w),
          bound_(float32_error(subject_, {})),
          paths_(subject_.paths<Interval>()),
          reversed_(w),
          torch_(torch) {}

    const Float32Error& bound() const { return bound_; }

    /// All sequences that end in q: [LibTorch, reversed].
    void compare(std::size_t q, Tally (&tally)[2]) const {
        const std::size_t n = w_.shape.n_ctx, v = w_.shape.d_vocab;
        std::uint64_t prefixes = 1;
        for (std::size_t i = 1; i < n; ++i) prefixes *= v;
        constexpr std::uint64_t kBatch = 4096;
        for (std::uint64_t begin = 0; begin < prefixes; begin += kBatch) {
            const std::uint64_t size = std::min(kBatch, prefixes - begin);
            std::vector<std::int64_t> tokens(size * n, static_cast<std::int64_t>(q));
            for (std::uint64_t s = 0; s < size; ++s) {
                std::uint64_t rest = begin + s;
                for (std::size_t i = 0; i + 1 < n; ++i, rest /= v)
                    tokens[s * n + i] = static_cast<std::int64_t>(rest % v);
            }
            const auto torch = torch_ ? train_room().forward(w_, tokens) : std::vector<float>();
            std::vector<double> real(v);
            std::vector<float> own(v);
            for (std::uint64_t s = 0; s < size; ++s) {
                real_logits(q, &tokens[s * n], real);
                reversed_.logits(&tokens[s * n], own.data());
                judge(&tokens[s * n], real, own.data(), tally[1]);
                if (torch_) judge(&tokens[s * n], real, &torch[s * v], tally[0]);
            }
        }
    }

  private:
    void real_logits(std::size_t q, const std::int64_t* tokens, std::vector<double>& out) const {
        const std::size_t n = w_.shape.n_ctx;
        std::vector<double> p(n);
        double most = -INFINITY, sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            p[i] = middle(paths_.EQKE(q, static_cast<std::size_t>(tokens[i]))) + middle(paths_.EQKP(q, i));
            most = std::max(most, p[i]);
        }
        for (double& e : p) sum += e = std::exp(e - most);
        for (std::size_t x = 0; x < out.size(); ++x) out[x] = middle(paths_.EU(q, x));
        for (std::size_t i = 0; i < n; ++i) {
            const Interval* ov = paths_.EVOU.row(static_cast<std::size_t>(tokens[i]));
            const Interval* pv = paths_.PVOU.row(i);
            for (std::size_t x = 0; x < out.size(); ++x)
                out[x] += p[i] / sum * (middle(ov[x]) + middle(pv[x]));
        }
    }

    void judge(const std::int64_t* tokens, const std::vector<double>& real, const float* logits,
               Tally& tally) const {
        const auto m = static_cast<std::size_t>(*std::max_element(tokens, tokens + w_.shape.n_ctx));
        double lead = INFINITY, float_lead = INFINITY;
        for (std::size_t x = 0; x < real.size(); ++x) {
            const double error = std::fabs(static_cast<double>(logits[x]) - real[x]);
            if (!(error <= tally.error)) tally.error = error;
            if (x == m) continue;
            lead = std::min(lead, real[m] - real[x]);
            float_lead =
                std::min(float_lead, static_cast<double>(logits[m]) - static_cast<double>(logits[x]));
        }
        const bool certified = lead > 2 * bound_.logit;
        tally.certified += certified ? 1 : 0;
        tally.lost += certified && !(float_lead > 0) ? 1 : 0;
        tally.other_argmax += (lead > 0) != (float_lead > 0) ? 1 : 0;
    }

    const Weights& w_;
    Subject subject_;
    const Float32Error& bound_;
    const Paths<Interval>& paths_;
    Reversed reversed_;
    bool torch_;
};

bool run(const std::string& file, std::size_t every, bool torch) {
    const Weights weights = load_safetensors(file);
    const Comparison comparison(weights, torch);
    Tally total[2];
    std::mutex mutex;
    const std::size_t queries = (weights.shape.d_vocab + every - 1) / every;
    parallel_for(queries, std::thread::hardware_concurrency(), [&](std::size_t i) {
        Tally tally[2];
        comparison.compare(weights.shape.d_vocab - 1 - i * every, tally);
        const std::lock_guard<std::mutex> lock(mutex);
        for (int k = 0; k < 2; ++k) total[k].merge(tally[k]);
    });
    const double bound = comparison.bound().logit;
    bool sound = true;
    for (int k = torch ? 0 : 1; k < 2; ++k) {
        fmt::print(
            "{} {}: bound {:.3e} seen {:.3e} ratio {:.4f} certified {} of {} lost {} argmax differs from "
            "real {}\n",
            file, k == 0 ? "LibTorch" : "reversed", bound, total[k].error, total[k].error / bound,
            total[k].certified,
            Count(power(weights.shape.d_vocab, weights.shape.n_ctx - 1) * static_cast<unsigned long>(queries))
                .get_str(),
            total[k].lost, total[k].other_argmax);
        sound = sound && total[k].error <= bound && total[k].lost == 0;
    }
    std::fflush(stdout);
    return sound;
}

}  // namespace
}  // namespace maxcert

int main(int argc, char** argv) {
    maxcert::fix_numeric_environment(argv);
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
