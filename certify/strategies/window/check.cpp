// Walks every (query, maximum) pair in double intervals, and again in MPFR where a cell stays open (SOUNDNESS
// T5c).
#include "certify/strategies/window/check.hpp"

#include <algorithm>

#include "certify/arithmetic/counting.hpp"
#include "certify/proof/escalation.hpp"
#include "certify/strategies/window/pair_walk.hpp"

namespace maxcert {
namespace {

/// What is left of a claim once the pairs without open cells are settled.
WindowClaim open_part(WindowClaim claim, const std::vector<PairFinding>& findings) {
    for (std::size_t i = 0; i < findings.size(); ++i) {
        if (!findings[i].open) claim.plan.choice[i] = 0;
    }
    return claim;
}

std::uint64_t count_open(const std::vector<PairFinding>& findings) {
    return static_cast<std::uint64_t>(
        std::count_if(findings.begin(), findings.end(), [](const PairFinding& f) { return f.open; }));
}

}  // namespace

CheckResult check_window(Model& model, const WindowClaim& claim, const CheckOptions& options) {
    CheckResult result;
    std::uint64_t escalated = 0;
    std::vector<PairFinding> findings(claim.plan.choice.size());
    for (std::size_t i = 0; i < findings.size(); ++i) findings[i].open = claim.plan.choice[i] != 0;
    const bool filtered = options.arithmetic == Arithmetic::filtered;
    if (filtered) {
        result.complete = walk_pairs<Interval>(model, claim, options, findings);
        escalated = count_open(findings);
    }
    // A box of models stays a box at any precision: what is open then is not proved.
    const bool box = !model.radius().is_zero();
    const auto settled = [&](long bits) {
        result.complete = walk_pairs<MpfrInterval>(model, open_part(claim, findings), options, findings);
        result.bits_used = bits;
        return !result.complete || count_open(findings) == 0;
    };
    if (result.complete && count_open(findings) > 0 && !(box && filtered)) {
        for_each_precision(box ? first_bits(options.max_bits) : options.max_bits, settled);
    }
    std::uint64_t cells = 0, operations = 0;
    for (const PairFinding& f : findings) {
        result.correct += f.proved;
        cells += f.cells;
        operations += f.operations;
    }
    result.figures["cells"] = cells;
    result.figures["cell_operations"] = operations;
    result.figures["escalated"] = escalated;
    result.figures["left_open"] = count_open(findings);
    return result;
}

std::uint64_t window_table_flops(Model& model, const WindowClaim& claim) {
    TableCache<Counting> bench({}, model);
    const WindowView<Counting> view = window_view(bench, claim, Margin());
    for (std::size_t m = 0; m < model.shape().d_vocab; ++m) maximum_terms(view, claim.plan, m);
    return bench.work();
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

class WindowChecker : public Checker {
  public:
    explicit WindowChecker(const WindowVariant& variant)
        : Checker({variant.name, "window", "window", false}), variant_(variant) {}

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
