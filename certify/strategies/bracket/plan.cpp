// Reads and writes the plan, and evaluates groups by it. Any plan is sound: it only says how hard each group
// is looked at.
#include "certify/strategies/bracket/plan.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>

#include "certify/model/paths.hpp"
#include "certify/proof/hint_fields.hpp"
#include "certify/strategies/bracket/group_terms_mpfr.hpp"
#include "certify/strategies/terms/tied_tokens.hpp"
#include "data/base/parallel.hpp"

namespace maxcert {
namespace {

// In hints a method of a group is one letter: its level or one of these.
constexpr char kNoConvolutionLetter = '-', kNothingLetter = '.';

/// Work that `now` took over from `before`.
std::uint64_t reused(const GroupOutcome& before, const GroupOutcome& now) {
    const auto of = [](const auto& a, const auto& b) {
        return a && b && a->level == b->level ? a->work : std::uint64_t{0};
    };
    return (before.tree ? before.tree->work : 0) + of(before.convolution, now.convolution) +
           of(before.heavy, now.heavy);
}

char letter(const std::optional<int>& level, char none) {
    return level ? static_cast<char>('0' + *level) : none;
}

int level_of(char letter, const char* field, int last) {
    const int level = letter - '0';
    if (level < 0 || level > last) reject_hint(field, "has an unknown level");
    return level;
}

/// One letter for each group.
const std::string& read_letters(HintFields& hints, const char* field, std::size_t groups) {
    const std::string& text = hints.text(field);
    if (text.size() != groups) reject_hint(field, "does not name every group once");
    return text;
}

}  // namespace

Json BracketPlan::to_json() const {
    Json cuts = Json::array();
    for (const auto& [group, nodes] : cut_trees) cuts.push_back({group, nodes});
    std::string levels, heavy;
    for (const GroupMethods& m : methods) {
        levels += m.skipped ? kNothingLetter : letter(m.convolution, kNoConvolutionLetter);
        heavy += letter(m.heavy, kNothingLetter);
    }
    return {{"levels", levels},
            {"heavy", heavy},
            {"tree_mass", tree_mass},
            {"tree_nodes", tree_nodes},
            {"cut_trees", cuts}};
}

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
        if (!m.skipped && levels[i] != kNoConvolutionLetter) {
            m.convolution = level_of(levels[i], "levels", kLastLevel);
        }
        if (heavy[i] != kNothingLetter) m.heavy = level_of(heavy[i], "heavy", kLastHeavyLevel);
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

void BracketTotals::add_up() {
    all = {};
    work = nodes = escalated = 0;
    for (const GroupOutcome& g : groups) {
        all.right += g.bracket.right, all.upper += g.bracket.upper;
        work += g.work, nodes += g.nodes, escalated += g.escalated;
    }
}

BracketEvaluator::BracketEvaluator(Model& model, const CheckOptions& options)
    : model_(model),
      options_(options),
      decider_(model, options.max_bits, {options.margin}),
      tied_(tied_tokens(model)) {
    const std::size_t V = model.shape().d_vocab;
    first_.push_back(0);
    for (std::size_t q = 0; q < V; ++q) first_.push_back(first_.back() + V - q);
    paths_of<Interval>(model);  // made before threads read it
}

Group BracketEvaluator::group(std::size_t index) const {
    const auto after = std::upper_bound(first_.begin(), first_.end(), index);
    const auto q = static_cast<std::uint32_t>(after - first_.begin() - 1);
    const auto m = q + static_cast<std::uint32_t>(index - first_[q]);
    return {q, m, model_.shape().n_ctx - 1};
}

BracketTotals BracketEvaluator::nothing_known() const {
    BracketTotals totals;
    totals.groups.reserve(groups());
    for (std::size_t i = 0; i < groups(); ++i) {
        checkpoint(64 * model_.shape().n_ctx);
        totals.groups.push_back({open_bracket(group(i))});
    }
    totals.add_up();
    return totals;
}

BracketEvaluator::Effort BracketEvaluator::effort(const BracketPlan& plan, std::size_t index) const {
    const auto cut = plan.cut_trees.find(index);
    return {plan.methods[index], plan.tree_mass, cut != plan.cut_trees.end() ? cut->second : plan.tree_nodes};
}

std::optional<GroupOutcome> BracketEvaluator::outcome(const RoundUpward& up, const GroupTerms& terms,
                                                      const Effort& effort, const GroupOutcome& before,
                                                      const std::function<bool()>& expired) {
    GroupOutcome o{open_bracket(terms.group)};
    if (tied_[terms.group.m]) {  // another output has exactly the logit of m
        o.bracket.upper = 0;
        return o;
    }
    if (!terms.known) return o;
    if (terms.wins.empty()) {
        o.bracket.right = o.bracket.upper;
        return o;
    }
    if (effort.tree_nodes > 0) {
        TreeLimits limits;
        limits.smallest_mass = effort.tree_mass;
        limits.nodes = effort.tree_nodes;
        limits.expired = expired;
        o.tree = before.tree ? before.tree : walk_multisets(up, terms, limits, decider_);
        const TreeResult& tree = *o.tree;
        o.cut = tree.cut;
        o.bracket.intersect(tree.bracket);
        o.work += tree.work;
        o.nodes += tree.nodes;
        o.escalated += tree.escalated;
    }
    const bool more = o.cut == 0;
    const GroupMethods& methods = effort.methods;
    if (methods.convolution && more && o.bracket.width() > 0) {
        if (!convolve(up, terms, *methods.convolution, before, o, expired)) return std::nullopt;
    }
    if (methods.heavy && more && o.bracket.width() > 0) {
        if (!walk_heavy(up, terms, *methods.heavy, before, o, expired)) return std::nullopt;
    }
    o.heavy_work = guess_heavy_work(terms);
    return o;
}

bool BracketEvaluator::convolve(const RoundUpward& up, const GroupTerms& terms, int level,
                                const GroupOutcome& before, GroupOutcome& o,
                                const std::function<bool()>& expired) const {
    if (before.convolution && before.convolution->level == level) {
        o.convolution = before.convolution;
    } else {
        std::uint64_t work = 0;
        const auto bracket = convolution_bracket(up, terms, level, work, expired);
        if (!bracket) return false;
        o.convolution = {level, *bracket, work};
    }
    const std::uint64_t work = o.convolution->work;
    if (level < kLastLevel && !counted_by_halves(terms, level)) {
        // From level 1 on, outputs are counted in pairs too.
        const std::uint64_t pairs = level == 0 ? terms.wins.size() : 1;
        if (counted_by_halves(terms, kHalvesLevel)) o.halves_work = work_of_halves(terms);
        const bool halves_next = o.halves_work > 0 && level + 1 >= kHalvesLevel;
        o.next_work = halves_next ? o.halves_work : 4 * work * pairs + 1;
    }
    o.bracket.intersect(o.convolution->bracket);
    o.work += work;
    return true;
}

bool BracketEvaluator::walk_heavy(const RoundUpward& up, const GroupTerms& terms, int level,
                                  const GroupOutcome& before, GroupOutcome& o,
                                  const std::function<bool()>& expired) const {
    if (before.heavy && before.heavy->level == level) {
        o.heavy = before.heavy;
    } else {
        const double sequences = power(model_.shape().d_vocab, model_.shape().n_ctx).get_d();
        const auto found =
            walk_heavy_tokens(up, terms, heavy_effort(level, terms.group.positions, sequences), expired);
        if (!found) return false;
        o.heavy = {level, found->bracket, found->work, found->nodes};
    }
    o.bracket.intersect(o.heavy->bracket);
    o.work += o.heavy->work;
    o.nodes += o.heavy->nodes;
    return true;
}

bool BracketEvaluator::evaluate(const BracketPlan& plan, const std::vector<std::size_t>& chosen,
                                BracketTotals& totals, const std::function<bool()>& expired) {
    const Paths<Interval>& paths = paths_of<Interval>(model_);
    std::vector<std::vector<std::size_t>> by_query(model_.shape().d_vocab);
    for (const std::size_t index : chosen) by_query[group(index).q].push_back(index);
    std::atomic<bool> complete{true};
    std::mutex adding;
    const SplitPaths split(paths);
    const auto margin = [this] {
        const RoundUpward up;
        return options_.margin.enclose<Interval>();
    }();
    const bool in_mpfr = options_.arithmetic == Arithmetic::mpfr;
    const WorkingPrecision precision(term_bits());
    const Paths<MpfrInterval>* reference = in_mpfr ? &paths_of<MpfrInterval>(model_) : nullptr;
    const auto evaluate_query = [&](std::size_t q) {
        const RoundUpward up;
        const auto query = static_cast<std::uint32_t>(q);
        const WorkingPrecision bits(term_bits());
        std::optional<QueryGroups> filtered;
        std::optional<ReferenceQueryGroups> exact;
        if (in_mpfr) {
            exact.emplace(up, *reference, options_.margin, query);
        } else {
            filtered.emplace(up, paths, split, margin, query);
        }
        std::uint64_t spent = 0;
        for (const std::size_t index : by_query[q]) {
            if (plan.methods[index].skipped) continue;
            if (expired()) {
                complete = false;
                break;
            }
            const std::uint32_t m = group(index).m;
            const GroupTerms terms = in_mpfr ? exact->terms(m) : filtered->terms(m, true);
            const GroupOutcome before = totals.groups[index];
            auto found = outcome(up, terms, effort(plan, index), before, expired);
            if (!found || found->cut > 0) complete = false;
            if (!found) break;
            found->work += terms.work;
            totals.groups[index] = *found;  // only this thread writes this group's outcome
            spent += found->work - reused(before, *found);
        }
        const std::lock_guard<std::mutex> lock(adding);
        totals.spent += spent;
    };
    parallel_for(by_query.size(), options_.threads, [&](std::size_t q) {
        if (by_query[q].empty()) return;
        // Asked before the tables of a query are made, which is long with many queries.
        if (expired() || !within_time([&] { evaluate_query(q); })) complete = false;
    });
    totals.add_up();
    return complete;
}

}  // namespace maxcert
