// Every cell is decided in double intervals, and what they leave open in MPFR (SOUNDNESS T2). A certificate
// holds no hints.
#include "certify/strategies/cubic/check.hpp"

#include <algorithm>

#include "certify/arithmetic/counting.hpp"
#include "data/base/errors.hpp"

namespace maxcert {

Count CubicProved::sequences() const {
    Count sum = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        const auto n = static_cast<std::uint32_t>(i % shape_.n_ctx);
        if (tokens_[i] != 0) sum += binomial(shape_.n_ctx - 1, n) * power(tokens_[i], n);
    }
    return sum;
}

namespace {

/// Every claim, row by row, so that they are never all in memory.
template <class N>
[[gnu::noinline]] void decide_everything(TableCache<N>& bench, const Margin& margin, CubicProved& proved,
                                         std::vector<CubicClaim>& open) {
    const CubicTables<N> tables = cubic_tables(bench, margin);
    for (std::uint32_t q = 0; q < bench.shape().d_vocab; ++q) {
        for (std::uint32_t m = q; m < bench.shape().d_vocab; ++m) {
            decide_claims(tables, claims_about(bench.shape(), q, m), proved, open);
        }
    }
}

CheckResult check_cubic(Model& model, const CheckOptions& run) {
    CheckResult result;
    if (model.shape().d_vocab == 1) {  // no other output: the one sequence is right
        result.correct = 1;
        return result;
    }
    CubicProved proved(model.shape());
    std::vector<CubicClaim> open;
    std::uint64_t escalated = 0, mpfr_work = 0;
    const bool mpfr = run.arithmetic == Arithmetic::mpfr;
    if (!mpfr) {
        const RoundUpward up;
        TableCache<Interval> bench(up, model);
        result.complete = within_time([&] { decide_everything(bench, run.margin, proved, open); });
        escalated = open.size();
    }
    // A box of models stays undecided at any precision: its weights are intervals.
    bool everything = mpfr;
    const bool escalate = mpfr || model.radius().is_zero();
    const auto settled = [&](long bits) {
        TableCache<MpfrInterval> bench({}, model);
        std::vector<CubicClaim> still_open;
        result.complete = within_time([&] {
            if (everything) {
                decide_everything(bench, run.margin, proved, still_open);
            } else {
                decide_claims(cubic_tables(bench, run.margin), open, proved, still_open);
            }
        });
        everything = false;
        open = std::move(still_open);
        mpfr_work += bench.work();
        result.bits_used = bits;
        return !result.complete || open.empty();
    };
    if (result.complete && escalate && (everything || !open.empty())) {
        for_each_precision(run.max_bits, settled);
    }
    result.correct = proved.sequences();
    const std::uint64_t v = model.shape().d_vocab, k = model.shape().n_ctx;
    result.figures["cells"] = v * (v - 1) / 2 * (k - 1) + v * k;
    result.figures["escalated"] = escalated;
    result.figures["mpfr_operations"] = mpfr_work;
    return result;
}

class CubicChecker : public Checker {
  public:
    CubicChecker() : Checker({"cubic", "cubic", "cubic", true}) {}

    CheckResult check(Model& model, const Json& hints, const CheckOptions& run) const override {
        if (!hints.empty()) throw CertificateRejected("hints: cubic takes none");
        return check_cubic(model, run);
    }

    std::optional<std::uint64_t> proof_flops(Model& model, const Json&, const CheckResult&) const override {
        if (model.shape().d_vocab == 1) return 0;
        TableCache<Counting> bench({}, model);
        CubicProved proved(model.shape());
        std::vector<CubicClaim> open;
        decide_everything(bench, Margin(), proved, open);
        return bench.work();
    }

    std::optional<std::uint64_t> unexplained_dimension(const Shape& s) const override {
        const std::uint64_t v = s.d_vocab;
        return 3 * v * v + 2 * s.n_ctx * v;
    }
};

}  // namespace

void add_cubic_checker(CheckerList& list) {
    list.push_back(std::make_unique<CubicChecker>());
}

}  // namespace maxcert
