// Walks the prefixes of every group (query, maximum) as brute force does (SOUNDNESS T1): a prefix is left
// when no output can win any more, and once an output wins whatever follows, every completion is wrong.
// Outputs and terms come from the bracket family's GroupTerms, whose pruning is sound, and single sequences
// that doubles leave open go to the exact decider; so what is listed as wrong is proved wrong. Where not
// every sequence can be looked at, tokens that speak most for a wrong output come first: that is a heuristic,
// and what it finds is proved all the same.
#include "certify/failures/failures.hpp"

#include <algorithm>
#include <numeric>

#include "certify/model/paths.hpp"
#include "certify/strategies/bracket/group_terms.hpp"
#include "certify/strategies/terms/exact_decider.hpp"
#include "data/base/parallel.hpp"

namespace maxcert {
namespace {

/// One group.
class GroupWalk {
  public:
    GroupWalk(const RoundUpward&, const GroupTerms& terms, const QueryLeads& leads,
              const FailureSearch& search, ExactDecider& decider, const Deadline& deadline, FailureList& list)
        : terms_(terms), leads_(leads), search_(search), decider_(decider), deadline_(deadline), list_(list) {
        tokens_.resize(terms.group.positions + 1);
        tokens_.back() = terms.group.q;
        for (const Event& event : terms.wins) rest_.push_back(rests(event));
    }

    void run() {
        std::vector<Partial> live;
        for (std::size_t k = 0; k < terms_.wins.size(); ++k) {
            live.push_back({k, terms_.wins[k].constant_upper, -terms_.wins[k].constant_lower});
        }
        visit(0, terms_.group.seen(), live);
    }

  private:
    /// Ends of what the positions from i on can add: upper ends, and negated lower ones (both rounded
    /// upward).
    struct Rests {
        std::vector<double> largest, negated_smallest;
    };
    struct Partial {
        std::size_t output;
        double upper, negated_lower;
    };

    Rests rests(const Event& event) const {
        const std::size_t positions = terms_.group.positions, tokens = terms_.group.tokens();
        Rests r{std::vector<double>(positions + 1), std::vector<double>(positions + 1)};
        for (std::size_t i = positions; i-- > 0;) {
            const auto row = static_cast<std::ptrdiff_t>(i * tokens),
                       end = row + static_cast<std::ptrdiff_t>(tokens);
            r.largest[i] =
                r.largest[i + 1] + *std::max_element(event.upper.begin() + row, event.upper.begin() + end);
            r.negated_smallest[i] = r.negated_smallest[i + 1] -
                                    *std::min_element(event.lower.begin() + row, event.lower.begin() + end);
        }
        return r;
    }

    bool ended() {
        if (found_ >= search_.examples && !search_.every) return true;
        const bool spent = !search_.every && ++nodes_ > search_.nodes;
        if (spent || stop_requested() || deadline_.passed()) stopped_ = true;
        if (stopped_) list_.every = false;
        return stopped_;
    }

    void visit(std::size_t i, bool seen, const std::vector<Partial>& before) {
        const std::size_t positions = terms_.group.positions;
        if (ended() || (i == positions && !seen)) return;
        std::vector<Partial> live;
        for (const Partial& p : before) {
            const Rests& rest = rest_[p.output];
            if (p.upper + rest.largest[i] < 0) continue;
            if (p.negated_lower + rest.negated_smallest[i] <= 0) return all_wrong(i, seen);
            live.push_back(p);
        }
        if (live.empty()) return;
        if (i == positions) return decide(live);
        for (const std::uint32_t t : order(i, seen, live)) {
            tokens_[i] = t;
            std::vector<Partial> next = live;
            for (Partial& p : next) {
                const Event& event = terms_.wins[p.output];
                const std::size_t j = i * terms_.group.tokens() + t;
                p.upper += event.upper[j];
                p.negated_lower -= event.lower[j];
            }
            visit(i + 1, seen || t == terms_.group.m, next);
        }
    }

    /// The tokens for position i; the likeliest first where not all of them may be visited.
    std::vector<std::uint32_t> order(std::size_t i, bool seen, const std::vector<Partial>& live) const {
        const Group& group = terms_.group;
        if (!seen && i + 1 == group.positions) return {group.m};
        std::vector<std::uint32_t> tokens(group.tokens());
        std::iota(tokens.begin(), tokens.end(), 0u);
        if (search_.every) return tokens;
        const auto leading =
            std::max_element(live.begin(), live.end(), [&](const Partial& a, const Partial& b) {
                return a.upper + rest_[a.output].largest[i] < b.upper + rest_[b.output].largest[i];
            });
        const double* row = terms_.wins[leading->output].upper.data() + i * group.tokens();
        std::stable_sort(tokens.begin(), tokens.end(),
                         [row](std::uint32_t a, std::uint32_t b) { return row[a] > row[b]; });
        return tokens;
    }

    /// Every completion of the first i tokens is wrong.
    void all_wrong(std::size_t i, bool seen) {
        const Group& group = terms_.group;
        if (i == group.positions) {
            if (seen) add(list_.wrong, true);
            return;
        }
        const bool must_be_m = !seen && i + 1 == group.positions;
        for (std::uint32_t t = must_be_m ? group.m : 0; t <= group.m; ++t) {
            if (ended()) return;
            tokens_[i] = t;
            all_wrong(i + 1, seen || t == group.m);
        }
    }

    void decide(const std::vector<Partial>& live) {
        std::vector<std::uint32_t> outputs;
        outputs.reserve(live.size());
        for (const Partial& p : live) outputs.push_back(terms_.wins[p.output].output);
        const Decision decision = decider_.decide({tokens_, terms_.group.m, outputs, 0});
        if (decision == Decision::wrong) add(list_.wrong, true);
        if (decision == Decision::open) add(list_.undecided, false);
    }

    void add(std::vector<Failure>& where, bool proved) {
        Failure failure{tokens_, terms_.group.m, leads_.of(tokens_, terms_.group.m)};
        if (proved && failure.lead.lower < 0) failure.lead.lower = 0;  // shown otherwise
        where.push_back(std::move(failure));
        if (++found_ >= search_.examples && !search_.every) list_.every = false;
    }

    const GroupTerms& terms_;
    const QueryLeads& leads_;
    const FailureSearch& search_;
    ExactDecider& decider_;
    const Deadline& deadline_;
    FailureList& list_;
    std::vector<Rests> rest_;
    std::vector<std::uint32_t> tokens_;
    std::uint64_t nodes_ = 0;
    std::size_t found_ = 0;
    bool stopped_ = false;
};

void append(std::vector<Failure>& to, std::vector<Failure>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

FailureList find_failures(Model& model, const CheckOptions& options, const FailureSearch& search) {
    FailureList all;
    const std::size_t d_vocab = model.shape().d_vocab, n_ctx = model.shape().n_ctx;
    if (d_vocab == 1) return all;
    const Deadline deadline = options.deadline();
    const TimeLimit limit(deadline);
    if (!within_time([&] { paths_of<Interval>(model); })) {
        all.every = false;
        return all;
    }
    const Paths<Interval>& paths = paths_of<Interval>(model);
    const Margin none;
    ExactDecider decider(model, options.max_bits, {none});
    const auto tables = [&] {
        const RoundUpward up;
        return GroupTables<Interval>(up, paths, none);
    }();
    std::vector<FailureList> by_query(d_vocab);
    const auto walk_query = [&](std::size_t q) {
        const RoundUpward up;
        const auto query = static_cast<std::uint32_t>(q);
        const QueryGroups<Interval> groups(up, tables, query);
        const QueryLeads leads(up, paths, query);
        for (std::uint32_t m = query; m < (n_ctx == 1 ? query + 1 : d_vocab); ++m) {
            const GroupTerms terms = groups.terms(m);
            if (!terms.known) {
                by_query[q].every = false;
                continue;
            }
            GroupWalk(up, terms, leads, search, decider, deadline, by_query[q]).run();
        }
    };
    parallel_for(d_vocab, options.threads, [&](std::size_t q) {
        if (!within_time([&] { walk_query(q); })) by_query[q].every = false;
    });
    for (FailureList& list : by_query) {
        append(all.wrong, std::move(list.wrong));
        append(all.undecided, std::move(list.undecided));
        all.every = all.every && list.every;
    }
    return all;
}

}  // namespace maxcert
