// Walks every (query, maximum) pair in double intervals, and again in MPFR where a cell stays open (SOUNDNESS
// T5c).
#include "certify/strategies/window/check.hpp"

#include "certify/proof/escalation.hpp"
#include "certify/strategies/window/cell_walk.hpp"
#include "data/base/parallel.hpp"

namespace maxcert {
namespace {

template <class N>
[[gnu::noinline]] void walk_maximum(const WindowView<N>& view, const WindowPlan& plan, std::size_t m,
                                    const SequenceCounts& counts, std::size_t positions,
                                    std::vector<PairFinding>& findings) {
    for_each_pair(view, plan, m, [&](std::size_t q, const PairTerms<N>& terms) {
        CellWalk<N> walk(terms, counts);
        walk.run(positions, q != m);
        findings[pair_index(q, m)] = {walk.proved(), walk.cells(), terms.operations + walk.operations(),
                                      walk.open()};
    });
}

// A function of its own, so that no operation moves across the change of rounding mode.
template <class N>
[[gnu::noinline]] WindowView<N> view_in(Model& model, const WindowClaim& claim, const Margin& margin) {
    const RoundingFor<N> rounding;
    TableCache<N> bench(rounding, model);
    return window_view(bench, claim, margin);
}

/// Walks every maximum, in parallel; false if a signal or the time limit ended it early.
template <class N>
bool walk_all(Model& model, const WindowClaim& claim, const CheckOptions& options, const Deadline& deadline,
              std::vector<PairFinding>& findings) {
    const Shape& shape = model.shape();
    const WindowView<N> view = view_in<N>(model, claim, options.margin);
    const SequenceCounts counts(shape);
    const long bits = working_precision();
    std::atomic<bool> complete{true};
    parallel_for(shape.d_vocab, options.threads, [&](std::size_t i) {
        if (stop_requested() || deadline.passed()) {
            complete = false;
            return;
        }
        const std::size_t m = shape.d_vocab - 1 - i;  // the largest first: they have the most pairs
        const WorkingPrecision precision(bits);
        const RoundingFor<N> rounding;
        if (!within_time([&] { walk_maximum(view, claim.plan, m, counts, shape.n_ctx - 1u, findings); })) {
            complete = false;
        }
    });
    return complete;
}

/// What is left of a claim once the pairs without open cells are settled.
WindowClaim open_part(WindowClaim claim, const std::vector<PairFinding>& findings) {
    for (std::size_t i = 0; i < findings.size(); ++i) {
        if (!findings[i].open) claim.plan.choice[i] = 0;
    }
    return claim;
}

std::uint64_t count_open(const std::vector<PairFinding>& findings) {
    std::uint64_t n = 0;
    for (const PairFinding& f : findings) n += f.open ? 1 : 0;
    return n;
}

}  // namespace

CheckResult check_window(Model& model, const WindowClaim& claim, const CheckOptions& options) {
    const Deadline deadline = options.deadline();
    CheckResult result;
    EscalationStats stats;
    std::vector<PairFinding> findings(claim.plan.choice.size());
    const bool filtered = options.arithmetic == Arithmetic::filtered;
    if (filtered) {
        if (!within_time(
                [&] { result.complete = walk_all<Interval>(model, claim, options, deadline, findings); })) {
            result.complete = false;
        }
        stats.escalated = count_open(findings);
    } else {
        for (std::size_t i = 0; i < findings.size(); ++i) findings[i].open = claim.plan.choice[i] != 0;
    }
    // A box of models stays a box at any precision: what is open then is not proved.
    const bool box = !model.radius().is_zero();
    const long max_bits = box ? first_bits(options.max_bits) : options.max_bits;
    if (result.complete && count_open(findings) > 0 && !(box && filtered)) {
        decide_in_mpfr(max_bits, stats, [&] {
            result.complete = false;
            within_time([&] {
                result.complete =
                    walk_all<MpfrInterval>(model, open_part(claim, findings), options, deadline, findings);
            });
            return result.complete && count_open(findings) > 0 ? Verdict::open : Verdict::proved;
        });
    }
    std::uint64_t cells = 0, operations = 0;
    for (const PairFinding& f : findings) {
        result.correct += f.proved;
        cells += f.cells;
        operations += f.operations;
    }
    result.bits_used = stats.bits_used;
    result.figures["cells"] = cells;
    result.figures["cell_operations"] = operations;
    result.figures["escalated"] = stats.escalated;
    result.figures["left_open"] = count_open(findings);
    return result;
}

std::uint64_t window_table_flops(Model& model, const WindowClaim& claim) {
    TableCache<Counting> bench({}, model);
    const WindowView<Counting> view = window_view(bench, claim, Margin());
    for (std::size_t m = 0; m < model.shape().d_vocab; ++m) MaximumTerms<Counting>(view, claim.plan, m);
    return bench.work();
}

std::vector<PairFinding> estimate_pairs(Model& model, const WindowClaim& claim, const CheckOptions& options,
                                        const Deadline& deadline) {
    std::vector<PairFinding> findings(claim.plan.choice.size());
    walk_all<Estimate>(model, claim, options, deadline, findings);
    return findings;
}

std::vector<WindowVariant> window_family() {
    std::vector<WindowVariant> family;
    const auto add = [&family](QkError error, const std::string& suffix) {
        for (unsigned window = 1; window <= kMaxUniformWindow; ++window) {
            family.push_back({window, error, "window/" + std::to_string(window) + suffix});
        }
        family.push_back({0, error, "window/adaptive" + suffix});
    };
    add(QkError::exact_EQKE, "");
    for (const QkError error : kQkErrors) add(error, std::string("/") + name_of(error));
    return family;
}

namespace {

std::string summary_of(const WindowVariant& variant) {
    if (variant.window == 0) return "for each query and maximum as many tokens exact as pays";
    return "the " + std::to_string(variant.window) +
           " largest tokens exact, four as one, the far ones as one";
}

class WindowChecker : public Checker {
  public:
    explicit WindowChecker(const WindowVariant& variant)
        : Checker({variant.name, "window", "window", "O(V^2 (d + K))", summary_of(variant), false}),
          variant_(variant) {}

    CheckResult check(Model& model, const Json& hints, const CheckOptions& options) const override {
        return check_window(model, claim(hints, model.shape()), options);
    }

    std::optional<std::uint64_t> proof_flops(Model& model, const Json& hints,
                                             const CheckResult& result) const override {
        return window_table_flops(model, claim(hints, model.shape())) +
               result.figures.at("cell_operations").get<std::uint64_t>();
    }

  private:
    WindowPlan plan(HintFields& hints, const Shape& shape) const {
        if (variant_.window == 0) return read_plan(hints, shape.d_vocab);
        if (hints.whole("window", 1, kMaxUniformWindow) != variant_.window) {
            reject_hint("window", "not " + std::to_string(variant_.window) + " as the strategy says");
        }
        return uniform_plan(variant_.window, shape.d_vocab);
    }

    WindowClaim claim(const Json& json, const Shape& shape) const {
        HintFields hints(json);
        WindowClaim claim{variant_.error, {}, plan(hints, shape)};
        if (variant_.error != QkError::exact_EQKE) {
            claim.score = score_hints_from_json(hints.read("score"), variant_.error, shape);
        }
        hints.expect_no_more();
        return claim;
    }

    WindowVariant variant_;
};

}  // namespace

void add_window_checkers(CheckerList& list) {
    for (const WindowVariant& variant : window_family())
        list.push_back(std::make_unique<WindowChecker>(variant));
}

}  // namespace maxcert
