// Each method's next level is valued by the share of the width that its last level took away, at the price of
// the work that it is likely to need.
#include "certify/strategies/bracket/search.hpp"

#include <algorithm>

namespace maxcert {
namespace {

constexpr double kBatchWork = 1e9;  // of the groups refined at a time
constexpr double kHeavyPrice = 2.5;  // of an operation among heavy tokens, in operations of the convolution
constexpr double kLeastHope = 0.3;  // of a method that brought nothing so far

double share_gone(const Count& before, const Count& now) {
    return before > 0 ? 1 - now.get_d() / before.get_d() : 0;
}

}  // namespace

BracketSearch::BracketSearch(BracketEvaluator& evaluator, BracketPlan& plan, BracketTotals& totals)
    : evaluator_(evaluator),
      plan_(plan),
      totals_(totals),
      convolution_(totals.groups.size()),
      heavy_(totals.groups.size()) {
    for (std::size_t i = 0; i < totals.groups.size(); ++i) {
        const GroupOutcome& o = totals.groups[i];
        convolution_[i] = {1, 0.75, static_cast<double>(o.next_work), o.next_work == 0};
        heavy_[i] = {0, 0.9, kHeavyPrice * static_cast<double>(o.heavy_work), o.heavy_work == 0};
    }
}

std::vector<BracketSearch::Choice> BracketSearch::choices() const {
    std::vector<Choice> all;
    for (std::size_t i = 0; i < totals_.groups.size(); ++i) {
        const Count width = totals_.groups[i].bracket.width();
        if (!plan_.methods[i].convolution || width == 0) continue;
        const auto promise = [&](const Prospect& p) {
            return p.over ? 0 : width.get_d() * p.hope / std::max(p.price, 1.0);
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

std::vector<BracketSearch::Choice> BracketSearch::next_choices() {
    std::vector<Choice> chosen = choices();
    double work = 0;
    std::size_t n = 0;
    while (n < chosen.size() && chosen[n].promise * 8 >= chosen[0].promise && work <= kBatchWork) {
        work += chosen[n++].price;
    }
    chosen.resize(n);
    std::sort(chosen.begin(), chosen.end(),
              [](const Choice& a, const Choice& b) { return a.group < b.group; });
    return chosen;
}

bool BracketSearch::step(const std::function<bool()>& expired) {
    const std::vector<Choice> chosen = next_choices();
    done_ = chosen.empty();
    if (done_) return true;
    BracketPlan finer = plan_;
    std::vector<std::size_t> groups;
    for (const Choice& c : chosen) {
        GroupMethods& methods = finer.methods[c.group];
        (c.method == Method::heavy ? methods.heavy : methods.convolution) = prospect(c.group, c.method).level;
        groups.push_back(c.group);
    }
    BracketTotals next = totals_;
    const bool complete = evaluator_.evaluate(finer, groups, next, expired);
    for (const Choice& c : chosen) {
        GroupOutcome& found = next.groups[c.group];
        const GroupOutcome& before = totals_.groups[c.group];
        if (c.method == Method::heavy) {
            judge_heavy(c.group, found, before);
        } else {
            judge_convolution(c.group, found, before);
        }
    }
    totals_ = std::move(next);
    totals_.add_up();
    return complete;
}

void BracketSearch::judge_convolution(std::size_t group, GroupOutcome& found, const GroupOutcome& before) {
    // A level that does not narrow the bracket is not taken, but a finer grid still may, all at once, when
    // its step falls below what tells the sums apart. Where it narrows little, counting by halves may come
    // next.
    Prospect& p = convolution_[group];
    const Count was = before.convolution->bracket.width(), is = found.convolution->bracket.width();
    const bool narrower = found.cut == 0 && is < was && found.bracket.width() <= before.bracket.width();
    const double gone = narrower ? share_gone(was, is) : 0;
    const bool halves_cheap = found.halves_work > 0 && found.halves_work < 4 * found.next_work;
    if (gone < 0.1 && halves_cheap && p.level < kHalvesLevel) {
        p.level = kHalvesLevel - 1;
        p.price = static_cast<double>(found.halves_work);
    } else {
        p.price = static_cast<double>(found.next_work);
    }
    if (narrower) {
        plan_.methods[group].convolution = found.convolution->level;
    } else {
        found = before;
    }
    p.hope = std::clamp(gone, kLeastHope, 0.75);
    p.over = ++p.level > kLastLevel || p.price == 0;
}

void BracketSearch::judge_heavy(std::size_t group, GroupOutcome& found, const GroupOutcome& before) {
    Prospect& p = heavy_[group];
    if (found.heavy && !(before.heavy && before.heavy->level == found.heavy->level)) {
        const double paid = static_cast<double>(found.heavy->work);
        // The first guess says little about how work grows.
        const double growth =
            before.heavy ? paid / std::max(1.0, static_cast<double>(before.heavy->work)) : 2;
        p.price = kHeavyPrice * paid * std::clamp(growth, 1.5, 4.0);
        const Count was = before.heavy ? before.heavy->bracket.width() : before.bracket.width();
        p.hope = std::clamp(share_gone(was, found.heavy->bracket.width()), 0.0, 0.75);
    }
    if (found.cut == 0 && found.bracket.width() < before.bracket.width()) {
        plan_.methods[group].heavy = p.level;
    } else {
        found = before;
        p.hope = std::max(p.hope, kLeastHope);  // a level may still overtake the other methods
    }
    p.over = ++p.level > kLastHeavyLevel;
}

}  // namespace maxcert
