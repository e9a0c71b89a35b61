#include "certify/strategies/bracket_plan.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "certify/strategies/brute_force_count.hpp"
#include "data/errors.hpp"
#include "data/parallel.hpp"

namespace maxcert {
namespace {

constexpr char kNothingLetter = '-';

}  // namespace

Json BracketPlan::to_json() const {
    std::string text;
    for (const int level : levels)
        text += level == kNothing ? kNothingLetter : static_cast<char>('0' + level);
    return {{"levels", text}, {"tree_mass", tree_mass}, {"tree_nodes", tree_nodes}};
}

BracketPlan BracketPlan::from_json(const Json& hints, std::size_t groups) {
    const auto reject = [](const std::string& why) { throw CertificateRejected("hints: " + why); };
    if (!hints.is_object() || hints.size() != 3) reject("levels, tree_mass and tree_nodes are wanted");
    for (const char* name : {"levels", "tree_mass", "tree_nodes"}) {
        if (!hints.contains(name)) reject(std::string(name) + " is missing");
    }
    if (!hints["levels"].is_string() || !hints["tree_mass"].is_number() ||
        !hints["tree_nodes"].is_number_unsigned()) {
        reject("levels, tree_mass or tree_nodes has the wrong type");
    }
    BracketPlan plan;
    plan.tree_mass = hints["tree_mass"].get<double>();
    plan.tree_nodes = hints["tree_nodes"].get<std::uint64_t>();
    if (!(plan.tree_mass >= 0) || std::isinf(plan.tree_mass)) reject("tree_mass is not a number >= 0");
    const auto& text = hints["levels"].get_ref<const std::string&>();
    if (text.size() != groups) reject("levels does not name every group once");
    for (const char c : text) {
        const int level = c - '0';
        if (c != kNothingLetter && (level < 0 || level > kLastLevel)) reject("levels has an unknown level");
        plan.levels.push_back(c == kNothingLetter ? kNothing : level);
    }
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

BracketEvaluator::BracketEvaluator(Subject& subject, const Options& options)
    : subject_(subject),
      options_(options),
      referee_(subject, options, {options.margin}),
      tied_(tied_tokens(subject)) {
    const std::size_t V = subject.shape().d_vocab;
    first_.push_back(0);
    for (std::size_t q = 0; q < V; ++q) first_.push_back(first_.back() + V - q);
    subject.paths<Interval>();  // made before threads read it
}

Group BracketEvaluator::group(std::size_t index) const {
    const auto after = std::upper_bound(first_.begin(), first_.end(), index);
    const auto q = static_cast<std::uint32_t>(after - first_.begin() - 1);
    const auto m = q + static_cast<std::uint32_t>(index - first_[q]);
    return {q, m, subject_.shape().n_ctx - 1};
}

BracketTotals BracketEvaluator::nothing_known() const {
    BracketTotals totals;
    for (std::size_t i = 0; i < groups(); ++i) totals.groups.push_back({open_bracket(group(i))});
    totals.add_up();
    return totals;
}

GroupOutcome BracketEvaluator::outcome(const GroupTerms& terms, const Effort& effort) {
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
        const TreeResult tree = walk_multisets(terms, {effort.tree_mass, effort.tree_nodes}, referee_);
        o.bracket.intersect(tree.bracket);
        o.work += tree.work;
        o.nodes += tree.nodes;
        o.escalated += tree.escalated;
    }
    if (effort.level >= 0 && o.bracket.width() > 0) {
        o.bracket.intersect(convolution_bracket(terms, effort.level, o.work));
    }
    return o;
}

bool BracketEvaluator::evaluate(const BracketPlan& plan, const std::vector<std::size_t>& chosen,
                                BracketTotals& totals, const std::function<bool()>& expired) {
    const Paths<Interval>& paths = subject_.paths<Interval>();
    std::vector<std::vector<std::size_t>> by_query(subject_.shape().d_vocab);
    for (const std::size_t index : chosen) by_query[group(index).q].push_back(index);
    std::atomic<bool> complete{true};
    std::mutex adding;
    const auto split = [&paths] {
        const RoundUpward up;
        return SplitPaths(paths);
    }();
    const auto margin = [this] {
        const RoundUpward up;
        return options_.margin.enclose<Interval>();
    }();
    parallel_for(by_query.size(), options_.threads, [&](std::size_t q) {
        if (by_query[q].empty()) return;
        const RoundUpward up;
        QueryGroups tables(paths, split, margin, static_cast<std::uint32_t>(q));
        std::uint64_t spent = 0;
        for (const std::size_t index : by_query[q]) {
            if (expired()) {
                complete = false;
                break;
            }
            const GroupTerms terms = tables.terms(group(index).m, true);
            // Only this thread writes this group's outcome.
            totals.groups[index] = outcome(terms, {plan.levels[index], plan.tree_mass, plan.tree_nodes});
            spent += totals.groups[index].work;
        }
        const std::lock_guard<std::mutex> lock(adding);
        totals.spent += spent;
    });
    totals.add_up();
    return complete;
}

}  // namespace maxcert
