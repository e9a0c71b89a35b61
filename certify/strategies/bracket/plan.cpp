// Reads the plan, and evaluates groups by it. Any plan is sound: it only says how hard each group
// is looked at.
#include "certify/strategies/bracket/plan.hpp"

#include <algorithm>
#include <atomic>
#include <limits>

#include "certify/model/paths.hpp"
#include "certify/proof/hint_fields.hpp"
#include "certify/strategies/terms/tied_tokens.hpp"
#include "data/base/parallel.hpp"

namespace maxcert {
namespace {

/// One letter for each group.
const std::string& read_letters(HintFields& hints, const char* field, std::size_t groups) {
    const std::string& text = hints.text(field);
    if (text.size() != groups) reject_hint(field, "does not name every group once");
    return text;
}

std::optional<int> level_of(char letter, char none, const char* field, int last) {
    if (letter == none) return std::nullopt;
    const int level = letter - '0';
    if (level < 0 || level > last) reject_hint(field, "has an unknown level");
    return level;
}

}  // namespace

BracketPlan BracketPlan::from_json(const Json& json, std::size_t groups) {
    constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();
    HintFields hints(json);
    BracketPlan plan;
    plan.tree_mass = hints.finite("tree_mass");
    if (!(plan.tree_mass >= 0)) reject_hint("tree_mass", "not a number >= 0");
    plan.tree_nodes = hints.whole("tree_nodes", 0, kAnyNumber);
    const std::string &levels = read_letters(hints, "levels", groups),
                      &heavy = read_letters(hints, "heavy", groups);
    plan.methods.resize(groups);
    for (std::size_t i = 0; i < groups; ++i) {
        GroupMethods& m = plan.methods[i];
        m.skipped = levels[i] == kNothingLetter;
        if (!m.skipped) m.convolution = level_of(levels[i], kNoConvolutionLetter, "levels", kLastLevel);
        m.heavy = level_of(heavy[i], kNothingLetter, "heavy", kLastHeavyLevel);
    }
    for (const Json& cut : hints.array("cut_trees")) {
        if (!cut.is_array() || cut.size() != 2)
            reject_hint("cut_trees", "not a list of groups with their nodes");
        const std::uint64_t group = whole_number(cut[0], "cut_trees", 0, groups - 1);
        plan.cut_trees[group] = whole_number(cut[1], "cut_trees", 0, kAnyNumber);
    }
    hints.expect_no_more();
    return plan;
}

BracketEvaluator::BracketEvaluator(Model& model, const CheckOptions& options)
    : model_(model),
      options_(options),
      decider_(model, options.max_bits, {options.margin}),
      tied_(tied_tokens(model)) {
    const std::size_t V = model.shape().d_vocab;
    first_.push_back(0);
    for (std::size_t q = 0; q < V; ++q) first_.push_back(first_.back() + V - q);
}

Group BracketEvaluator::group(std::size_t index) const {
    const auto after = std::upper_bound(first_.begin(), first_.end(), index);
    const auto q = static_cast<std::uint32_t>(after - first_.begin() - 1);
    const auto m = q + static_cast<std::uint32_t>(index - first_[q]);
    return {q, m, model_.shape().n_ctx - 1};
}

std::vector<GroupOutcome> BracketEvaluator::nothing_known() const {
    std::vector<GroupOutcome> outcomes(groups());
    for (std::size_t i = 0; i < groups(); ++i) {
        checkpoint(64 * model_.shape().n_ctx);
        outcomes[i].bracket = open_bracket(group(i));
    }
    return outcomes;
}

GroupOutcome BracketEvaluator::outcome(const RoundUpward& up, const GroupTerms& terms,
                                       const BracketPlan& plan, std::size_t index) {
    GroupOutcome o{open_bracket(terms.group), terms.work};
    if (tied_[terms.group.m]) {  // another output has exactly the logit of m
        o.bracket.upper = 0;
        return o;
    }
    if (!terms.known) return o;
    if (terms.wins.empty()) {
        o.bracket.right = o.bracket.upper;
        return o;
    }
    o.outputs = terms.wins.size();
    if (plan.tree_nodes > 0) {
        TreeLimits limits;
        limits.smallest_mass = plan.tree_mass;
        const auto cut = plan.cut_trees.find(index);
        limits.nodes = cut != plan.cut_trees.end() ? cut->second : plan.tree_nodes;
        walk_multisets(up, terms, limits, decider_, o);
        if (o.cut > 0) return o;
    }
    const GroupMethods& methods = plan.methods[index];
    if (methods.convolution) {
        o.bracket.intersect(convolution_bracket(up, terms, *methods.convolution, o.work));
    }
    if (methods.heavy) {
        const double sequences = power(model_.shape().d_vocab, model_.shape().n_ctx).get_d();
        walk_heavy_tokens(up, terms, heavy_effort(*methods.heavy, terms.group.positions, sequences), o);
    }
    return o;
}

template <class N>
bool BracketEvaluator::evaluate_in(const BracketPlan& plan, std::vector<GroupOutcome>& outcomes) {
    const WorkingPrecision precision(term_bits());
    const RoundUpward rounding;
    const GroupTables<N> tables(rounding, paths_of<N>(model_), options_.margin);
    std::atomic<bool> complete{true};
    parallel_for(first_.size() - 1, options_.threads, [&](std::size_t q) {
        std::vector<std::size_t> chosen;
        for (std::size_t i = first_[q]; i < first_[q + 1]; ++i) {
            if (!plan.methods[i].skipped) chosen.push_back(i);
        }
        if (chosen.empty()) return;
        // Asked before the tables of a query are made, which is long with many queries.
        const bool in_time = !time_over() && within_time([&] {
            const RoundUpward up;
            const WorkingPrecision same(term_bits());
            const QueryGroups<N> query(up, tables, static_cast<std::uint32_t>(q));
            for (const std::size_t index : chosen) {
                // Only this thread writes this group's outcome.
                outcomes[index] = outcome(up, query.terms(group(index).m), plan, index);
                if (outcomes[index].cut > 0) complete = false;
            }
        });
        if (!in_time) complete = false;
    });
    return complete;
}

bool BracketEvaluator::evaluate(const BracketPlan& plan, std::vector<GroupOutcome>& outcomes) {
    return options_.arithmetic == Arithmetic::mpfr ? evaluate_in<MpfrInterval>(plan, outcomes)
                                                   : evaluate_in<Interval>(plan, outcomes);
}

}  // namespace maxcert
