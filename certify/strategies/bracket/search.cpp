// Each method's next level is valued by the share of the width that its last level took away, at the price of
// the work that it is likely to need.
#include "certify/strategies/bracket/search.hpp"

#include <algorithm>
#include <string>

namespace maxcert {
namespace {

constexpr double kBatchWork = 1e9;   // of the groups refined at a time
constexpr double kHeavyPrice = 2.5;  // of an operation among heavy tokens, in operations of the convolution
constexpr double kLeastHope = 0.3, kLeastHeavyHope = 0.05;  // of what brought nothing so far

double share_gone(const Count& before, const Count& now) {
    return before > 0 ? 1 - now.get_d() / before.get_d() : 0;
}

/// A guess at the work of the first level of the walk over heavy tokens: tables for a few tokens and outputs,
/// each over every number of positions.
double heavy_work(const Group& group, std::size_t outputs) {
    const std::size_t tables = 8 * std::min<std::size_t>(outputs, 4) * group.positions;
    return static_cast<double>(tables * group.tokens() * group.positions * HeavyEffort().bins) / 2;
}

/// What a walk over heavy tokens cost, in its operations; a node takes about as long as this many.
double heavy_paid(const GroupOutcome& o) {
    return static_cast<double>(o.work) + 1000 * static_cast<double>(o.nodes);
}

char letter(const std::optional<int>& level, char none) {
    return level ? static_cast<char>('0' + *level) : none;
}

}  // namespace

Json hints_of(const BracketPlan& plan) {
    Json cuts = Json::array();
    for (const auto& [group, nodes] : plan.cut_trees) cuts.push_back({group, nodes});
    std::string levels, heavy;
    for (const GroupMethods& m : plan.methods) {
        levels += m.skipped ? kNothingLetter : letter(m.convolution, kNoConvolutionLetter);
        heavy += letter(m.heavy, kNothingLetter);
    }
    return {{"levels", levels},
            {"heavy", heavy},
            {"tree_mass", plan.tree_mass},
            {"tree_nodes", plan.tree_nodes},
            {"cut_trees", cuts}};
}

BracketSearch::BracketSearch(BracketEvaluator& evaluator, BracketPlan& plan)
    : evaluator_(evaluator),
      plan_(plan),
      trees_(evaluator.nothing_known()),
      outcomes_(trees_),
      convolution_(trees_.size()),
      heavy_(trees_.size()) {}

bool BracketSearch::begin(bool convolve) {
    bool complete = true;
    if (plan_.tree_nodes > 0 || !convolve) complete = evaluator_.evaluate(plan_, trees_);
    for (std::size_t i = 0; i < trees_.size(); ++i) {
        spent_ += trees_[i].work;
        put_together(i);
    }
    if (!complete || !convolve) return complete;
    std::vector<Choice> chosen;
    for (std::size_t i = 0; i < trees_.size(); ++i) {
        const bool settled = trees_[i].terms_work > 0 && trees_[i].outputs == 0;
        if (!settled && outcomes_[i].bracket.width() > 0) chosen.push_back({i, Method::convolution, 1, 0});
    }
    return evaluate(chosen);
}

bool BracketSearch::step() {
    const std::vector<Choice> chosen = next_choices();
    done_ = chosen.empty();
    return done_ || evaluate(chosen);
}

Bracket BracketSearch::bracket() const {
    Bracket all;
    for (const GroupOutcome& o : outcomes_) all.right += o.bracket.right, all.upper += o.bracket.upper;
    return all;
}

std::vector<BracketSearch::Choice> BracketSearch::choices() const {
    std::vector<Choice> all;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
        const double width = outcomes_[i].bracket.width().get_d();
        const auto promise = [&](const Prospect& p) {
            return p.over ? 0 : width * p.hope / std::max(p.price, 1.0);
        };
        const double convolved = promise(convolution_[i]), heavy = promise(heavy_[i]);
        if (convolved <= 0 && heavy <= 0) continue;
        if (heavy > convolved) {
            all.push_back({i, Method::heavy, heavy, heavy_[i].price});
        } else {
            all.push_back({i, Method::convolution, convolved, convolution_[i].price});
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Choice& a, const Choice& b) { return a.promise > b.promise; });
    return all;
}

std::vector<BracketSearch::Choice> BracketSearch::next_choices() const {
    std::vector<Choice> chosen = choices();
    double work = 0;
    std::size_t n = 0;
    while (n < chosen.size() && chosen[n].promise * 8 >= chosen[0].promise && work <= kBatchWork) {
        work += chosen[n++].price;
    }
    chosen.resize(n);
    return chosen;
}

bool BracketSearch::evaluate(const std::vector<Choice>& chosen) {
    BracketPlan alone;
    alone.methods.assign(outcomes_.size(), {true});
    for (const Choice& c : chosen) {
        GroupMethods& methods = alone.methods[c.group] = {};
        (c.method == Method::heavy ? methods.heavy : methods.convolution) = prospect(c.group, c.method).level;
    }
    std::vector<GroupOutcome> found(outcomes_.size());
    const bool complete = evaluator_.evaluate(alone, found);
    for (const Choice& c : chosen) {
        const GroupOutcome& o = found[c.group];
        if (o.terms_work == 0) continue;  // no time for it
        spent_ += o.terms_work + o.work;
        if (c.method == Method::heavy) {
            judge_heavy(c.group, o);
        } else {
            judge_convolution(c.group, o);
        }
        put_together(c.group);
    }
    return complete;
}

void BracketSearch::judge_convolution(std::size_t group, const GroupOutcome& found) {
    Prospect& p = convolution_[group];
    if (p.level == 0) {
        plan_.methods[group].convolution = 0;
        p.kept = found;
        p.hope = 0.75;
        // From level 1 on, outputs are counted in pairs too.
        p.price = 4 * static_cast<double>(found.work * found.outputs) + 1;
        Prospect& heavy = heavy_[group];
        heavy.over = p.over = found.outputs == 0;
        heavy.hope = 0.9;
        heavy.price = kHeavyPrice * heavy_work(evaluator_.group(group), found.outputs);
        ++p.level;
        return;
    }
    // A level that does not narrow the bracket is not taken, but a finer grid still may, all at once, when
    // its step falls below what tells the sums apart.
    const double gone = std::max(0.0, share_gone(p.kept.bracket.width(), found.bracket.width()));
    if (gone > 0) {
        plan_.methods[group].convolution = p.level;
        p.kept = found;
    }
    p.price = 4 * static_cast<double>(found.work) + 1;
    p.hope = std::clamp(gone, kLeastHope, 0.75);
    p.over = ++p.level > kLastLevel;
}

void BracketSearch::judge_heavy(std::size_t group, const GroupOutcome& found) {
    Prospect& p = heavy_[group];
    const double paid = heavy_paid(found), before = heavy_paid(p.last);
    // The first guess says little about how work grows.
    const double growth = before > 0 ? paid / before : 2;
    p.price = kHeavyPrice * paid * std::clamp(growth, 1.5, 4.0);
    const Count was = before > 0 ? p.last.bracket.width() : outcomes_[group].bracket.width();
    p.hope = std::clamp(share_gone(was, found.bracket.width()), kLeastHeavyHope, 0.75);
    Bracket both = outcomes_[group].bracket;
    both.intersect(found.bracket);
    if (both.width() < outcomes_[group].bracket.width()) {
        plan_.methods[group].heavy = p.level;
        p.kept = found;
    }
    p.last = found;
    p.over = ++p.level > kLastHeavyLevel;
}

void BracketSearch::put_together(std::size_t group) {
    GroupOutcome& all = outcomes_[group] = trees_[group];
    for (const Prospect* p : {&convolution_[group], &heavy_[group]}) {
        if (p->kept.terms_work == 0) continue;
        all.bracket.intersect(p->kept.bracket);
        all.terms_work = p->kept.terms_work;
        all.work += p->kept.work;
        all.nodes += p->kept.nodes;
    }
}

}  // namespace maxcert
