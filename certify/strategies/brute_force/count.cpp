// Puts the walk, its arithmetic and the decider of open sequences together. A sequence counts as right or
// wrong only by a proved sign; the rest widens the bracket.
#include "certify/strategies/brute_force/count.hpp"

#include <stdexcept>

#include "certify/model/paths.hpp"
#include "certify/strategies/brute_force/reference_walk.hpp"
#include "certify/strategies/brute_force/walk.hpp"
#include "certify/strategies/terms/exact_decider.hpp"
#include "certify/strategies/terms/tied_tokens.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

// Not inlined: no arithmetic may move across the change of rounding mode.
[[gnu::noinline]] WalkResult walk_filtered(Model& model, const std::vector<Margin>& margins,
                                           WalkRequest request) {
    for (const Margin& m : margins) {
        const RoundUpward up;
        request.margins.push_back(m.enclose<Interval>());
    }
    return walk_sequences(paths_of<Interval>(model), request);
}

WalkResult walk_in_mpfr(Model& model, const Margin& margin, const WalkRequest& request, long max_bits) {
    const WorkingPrecision bits(first_bits(max_bits));
    const Paths<MpfrInterval>& paths = paths_of<MpfrInterval>(model);
    return ReferenceWalk<MpfrInterval>(paths, margin.enclose<MpfrInterval>(), request).run();
}

Count count_of(std::uint64_t n) {
    return Count(static_cast<unsigned long>(n));
}

}  // namespace

std::vector<CheckResult> count_sequences(Model& model, const std::vector<Margin>& margins,
                                         const Precision& precision, const Runtime& runtime) {
    const Count total = power(model.shape().d_vocab, model.shape().n_ctx);
    if (mpz_sizeinbase(total.get_mpz_t(), 2) > 63) throw std::invalid_argument("too many sequences to walk");
    const bool in_mpfr = precision.arithmetic == Arithmetic::mpfr;
    if (in_mpfr && margins.size() != 1) {  // no tables to share
        Runtime one = runtime;
        one.time_limit_s /= static_cast<double>(margins.size());
        std::vector<CheckResult> findings;
        findings.reserve(margins.size());
        for (const Margin& m : margins)
            findings.push_back(count_sequences(model, {m}, precision, one).front());
        return findings;
    }
    ExactDecider decider(model, precision.max_bits, margins);
    WalkRequest request;
    request.tied = tied_tokens(model);
    request.decider = [&decider](const OpenSequence& s) { return decider.decide(s); };
    request.threads = runtime.threads;
    request.deadline = runtime.deadline();
    if (runtime.on_progress) {
        request.on_progress = [&runtime](double share) { runtime.on_progress(share, ""); };
    }
    const std::uint64_t mpfr_before = MpfrInterval::operations();
    const WalkResult walk = in_mpfr ? walk_in_mpfr(model, margins.front(), request, precision.max_bits)
                                    : walk_filtered(model, margins, request);
    std::vector<CheckResult> findings;
    for (std::size_t d = 0; d < walk.counts.size(); ++d) {
        const WalkCounts& counts = walk.counts[d];
        if (walk.complete &&
            count_of(counts.right) + count_of(counts.wrong) + count_of(counts.open) != total) {
            throw Error("brute_force decided another number of sequences than there are");
        }
        CheckResult f;
        f.correct = count_of(counts.right);
        f.upper = total - count_of(counts.wrong);
        f.complete = walk.complete;
        f.bits_used = std::max(decider.bits_used(d), in_mpfr ? first_bits(precision.max_bits) : 53);
        f.figures["wrong"] = counts.wrong;
        f.figures["undecided"] = counts.open;
        f.figures["escalated"] = counts.escalated;
        f.figures["mpfr_operations"] =
            in_mpfr ? MpfrInterval::operations() - mpfr_before : decider.operations(d);
        if (!in_mpfr) {
            f.figures["active_triples"] = counts.active_triples;
            f.figures["sweeps"] = counts.sweeps;
            f.figures["kernel"] = available_kernels().front()->name;
        }
        findings.push_back(std::move(f));
    }
    return findings;
}

}  // namespace maxcert
