#include "certify/strategies/window_check.hpp"

#include "certify/arithmetic/counting.hpp"
#include "certify/escalate.hpp"
#include "certify/strategies/window_cells.hpp"
#include "data/parallel.hpp"

namespace maxcert {
namespace {

template <class N>
void walk_maximum(const WindowView<N>& view, const WindowPlan& plan, std::size_t m,
                  const SequenceCounts& counts, std::size_t positions, std::vector<PairFinding>& findings) {
    for_each_pair(view, plan, m, [&](std::size_t q, const PairTerms<N>& terms) {
        CellWalk<N> walk(terms, counts);
        walk.run(positions, q != m);
        findings[pair_index(q, m)] = {walk.proved(), walk.cells(), walk.operations(), walk.open()};
    });
}

WindowView<Interval> interval_view(Subject& subject, const WindowScores& scores, const Options& options) {
    const auto& paths = subject.paths<Interval>();
    const auto& outputs = subject.shared<OutputTables<Interval>>("window/outputs/interval", [&] {
        const RoundUpward up;
        return OutputTables<Interval>(paths);
    });
    const auto& attention = scores.intervals(subject);
    const RoundUpward up;
    return {outputs, attention, options.margin.enclose<Interval>()};
}

WindowView<MpfrInterval> mpfr_view(Subject& subject, const WindowScores& scores, const Options& options) {
    const auto& paths = subject.paths<MpfrInterval>();
    const auto& outputs = subject.shared<OutputTables<MpfrInterval>>(
        "window/outputs/mpfr/" + std::to_string(working_precision()),
        [&] { return OutputTables<MpfrInterval>(paths); });
    return {outputs, scores.mpfr(subject), options.margin.enclose<MpfrInterval>()};
}

// Walks every maximum that has a chosen pair, in parallel; `inside(work)` sets up the arithmetic of a thread.
template <class N, class Inside>
bool walk_all(const WindowView<N>& view, const WindowPlan& plan, const Shape& shape, const Options& options,
              std::vector<PairFinding>& findings, Inside&& inside) {
    const SequenceCounts counts(shape);
    const Deadline deadline = options.time_limit_s > 0 ? Deadline(options.time_limit_s) : Deadline();
    std::atomic<bool> complete{true};
    parallel_for(shape.d_vocab, options.threads, [&](std::size_t i) {
        const std::size_t m = shape.d_vocab - 1 - i;  // the largest first: they have the most pairs
        if (stop_requested() || deadline.passed()) {
            complete = false;
            return;
        }
        inside([&] { walk_maximum(view, plan, m, counts, shape.n_ctx - 1u, findings); });
    });
    return complete;
}

bool walk_in_doubles(Subject& subject, const WindowScores& scores, const WindowPlan& plan,
                     const Options& options, std::vector<PairFinding>& findings) {
    const WindowView<Interval> view = interval_view(subject, scores, options);
    return walk_all(view, plan, subject.shape(), options, findings, [](auto&& work) {
        const RoundUpward up;
        work();
    });
}

bool walk_in_mpfr(Subject& subject, const WindowScores& scores, const WindowPlan& plan,
                  const Options& options, std::vector<PairFinding>& findings) {
    const WindowView<MpfrInterval> view = mpfr_view(subject, scores, options);
    const long bits = working_precision();
    return walk_all(view, plan, subject.shape(), options, findings, [bits](auto&& work) {
        const WorkingPrecision precision(bits);
        work();
    });
}

// What is left of a plan once the pairs without open cells are settled.
WindowPlan open_part(WindowPlan plan, const std::vector<PairFinding>& findings) {
    for (std::size_t i = 0; i < plan.choice.size(); ++i) {
        if (!findings[i].open) plan.choice[i] = 0;
    }
    return plan;
}

std::uint64_t count_open(const std::vector<PairFinding>& findings) {
    std::uint64_t n = 0;
    for (const PairFinding& f : findings) n += f.open ? 1 : 0;
    return n;
}

}  // namespace

std::vector<PairFinding> window_pairs(Subject& subject, const WindowScores& scores, const WindowPlan& plan,
                                      const Options& options) {
    std::vector<PairFinding> findings(plan.choice.size());
    walk_in_doubles(subject, scores, plan, options, findings);
    return findings;
}

Finding check_window(Subject& subject, const WindowScores& scores, const WindowPlan& plan,
                     const Options& options) {
    Finding finding;
    EscalationStats stats;
    std::vector<PairFinding> findings(plan.choice.size());
    if (options.arithmetic == Arithmetic::filtered) {
        finding.complete = walk_in_doubles(subject, scores, plan, options, findings);
        stats.escalated = count_open(findings);
    } else {
        for (std::size_t i = 0; i < findings.size(); ++i) findings[i].open = plan.choice[i] != 0;
    }
    // A box of models stays a box at any precision: what doubles leave open is not proved.
    const bool box = !subject.radius().is_zero();
    Options limits = options;
    if (box) limits.max_bits = std::min(options.max_bits, 128L);
    if (count_open(findings) > 0 && !(box && options.arithmetic == Arithmetic::filtered)) {
        decide_in_mpfr(limits, stats, [&] {
            if (!walk_in_mpfr(subject, scores, open_part(plan, findings), options, findings)) {
                finding.complete = false;
                return Verdict::proved;  // ended early: the rest stays as it is
            }
            return count_open(findings) == 0 ? Verdict::proved : Verdict::open;
        });
    }
    std::uint64_t cells = 0, operations = 0;
    for (const PairFinding& f : findings) {
        finding.correct += f.proved;
        cells += f.cells;
        operations += f.operations;
    }
    finding.bits_used = stats.bits_used;
    finding.figures["cells"] = cells;
    finding.figures["cell_operations"] = operations;
    finding.figures["escalated"] = stats.escalated;
    finding.figures["left_open"] = count_open(findings);
    return finding;
}

std::uint64_t window_table_flops(Subject& subject, const WindowScores& scores, const WindowPlan& plan) {
    const std::uint64_t before = Counting::operations();
    Paths<Counting> paths;
    multiply_output_paths(subject.weight_matrices<Counting>(), paths);
    const OutputTables<Counting> outputs(paths);
    const AttentionRanges<Counting> attention = scores.counting(subject);
    const WindowView<Counting> view{outputs, attention, Counting()};
    for (std::size_t m = 0; m < subject.shape().d_vocab; ++m) {
        for_each_pair(view, plan, m, [](std::size_t, const PairTerms<Counting>&) {});
    }
    return Counting::operations() - before;
}

}  // namespace maxcert
