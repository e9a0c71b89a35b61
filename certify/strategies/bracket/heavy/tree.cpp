// A node fixes which places hold the heaviest tokens so far, so that the sum up to there is known for each
// output; a table says how the lighter tokens at the other places continue it. Mostly one output is open
// there, and little is lost by adding up over outputs.
#include "certify/strategies/bracket/heavy/tree.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "certify/strategies/bracket/heavy/tail_tables.hpp"

namespace maxcert {
namespace {

using Bound = TailTables::Bound;

/// An output that may win in a node, with its sum over the places that are settled.
struct Live {
    std::uint32_t output;
    double upper, negated_lower;
};

class HeavyTree {
  public:
    HeavyTree(const RoundUpward& up, const GroupTerms& group, const HeavyEffort& effort,
              const std::function<bool()>& expired)
        : effort_(effort),
          expired_(expired),
          terms_(up, group),
          tables_(up, terms_, effort.class_ratio, effort.bins, effort.table_entries),
          most_above_(terms_.outputs * terms_.outputs) {}

    bool walk() {
        for (std::size_t x = 0; x < terms_.outputs; ++x) {
            live_.push_back(
                {static_cast<std::uint32_t>(x), terms_.constant_upper[x], terms_.negated_constant_lower[x]});
        }
        std::uint64_t places = 0;
        TailTables::Code code = 0;
        for (std::size_t p = 0; p < terms_.positions; ++p) {
            places |= std::uint64_t{1} << p;
            code += tables_.unit(p);
        }
        node({0, terms_.positions, places, code, terms_.needs_m}, {0, live_.size()});
        return !stopped_;
    }

    /// Sequences in which an output wins.
    CountEnds wrong() const { return wrong_; }
    std::uint64_t nodes() const { return nodes_; }
    std::uint64_t work() const { return work_ + tables_.work(); }

  private:
    /// Tokens before `rank` are settled; `r` places are left for the others.
    struct Node {
        std::size_t rank, r;
        std::uint64_t places;
        TailTables::Code code;
        bool need_m;
    };
    /// A range of live_, which is used as a stack.
    struct Outputs {
        std::size_t begin, end;
        std::size_t size() const { return end - begin; }
    };

    void count_wrong(const CountEnds& sequences) { wrong_ = wrong_ + sequences; }

    template <class Visit>
    static void for_each_place(std::uint64_t places, Visit&& visit) {
        for (; places != 0; places &= places - 1) {
            visit(static_cast<std::size_t>(__builtin_ctzll(places)));
        }
    }

    /// Whether what is still open has to stay so.
    bool exhausted() const { return nodes_ >= effort_.nodes || work() >= effort_.work; }

    bool stop() {
        if (!stopped_ && (++steps_ & 4095) == 0) stopped_ = expired_();
        return stopped_;
    }

    void node(const Node& n, Outputs outputs) {
        if (stop()) return;
        ++nodes_;
        if (n.need_m && (n.rank > terms_.rank_of_m || n.r == 0)) return;  // no sequence at all
        if (n.rank == terms_.tokens && n.r > 0) return;
        const CountEnds mass = terms_.fillings(n.rank, n.r, n.need_m);
        const bool make = mass.most > effort_.open_mass * kWorthATable && !exhausted();
        // Upper and negated lower shares of the wrong ones.
        const std::size_t top = live_.size();
        shares_.resize(std::max(shares_.size(), top + outputs.size()));
        double most = 0, negated_least = 0;
        for (std::size_t k = outputs.begin; k < outputs.end; ++k) {
            const Live output = live_[k];
            const double upper = share_at_most(n, output, make);
            if (upper == 0) continue;
            most += upper;
            // An output whose upper share is below another's lower one has no say in the largest lower one.
            if (upper > -negated_least) {
                negated_least = std::min(negated_least, negated_share_at_least(n, output, make));
            }
            shares_[live_.size()] = upper;
            live_.push_back(output);
            if (negated_least <= -1) break;
        }
        work_ += 6 * outputs.size();
        const Outputs open{top, live_.size()};
        if (negated_least <= -1) {
            count_wrong(mass);
        } else if (open.size() > 0) {
            if (open.size() > 1 && mass.most * (std::min(most, 1.0) + negated_least) > effort_.open_mass) {
                most = drop_dominated(n, open.begin);
            }
            // Any number at least the share serves as its upper end, 1 included.
            most = most < 1 ? most : 1.0;
            const bool split = mass.most * (most + negated_least) > effort_.open_mass &&
                               n.rank < terms_.tokens && n.r > 0 && !exhausted();
            if (split) {
                choose(n, {open.begin, live_.size()}, 0, 0, false);
            } else {
                count_wrong(mass * CountEnds{most, negated_least});
            }
        }
        live_.resize(top);
    }

    double share_at_most(const Node& n, const Live& output, bool make) {
        if (n.r > 0) {
            const auto* table =
                tables_.find(output.output, n.rank, Bound::at_most, n.code, n.r, n.need_m, make);
            if (table != nullptr) return TailTables::at_most(*table, output.upper);
        }
        return largest(terms_.highest, output.upper, output.output, n.rank, n.places, 0) < 0 ? 0 : 1;
    }

    double negated_share_at_least(const Node& n, const Live& output, bool make) {
        if (n.r > 0) {
            const auto* table =
                tables_.find(output.output, n.rank, Bound::at_least, n.code, n.r, n.need_m, make);
            if (table != nullptr) return TailTables::negated_at_least(*table, output.negated_lower);
        }
        const double most =
            largest(terms_.negated_lowest, output.negated_lower, output.output, n.rank, n.places, 0);
        return most <= 0 ? -1 : 0;
    }

    /// sum and the extreme of each place; those before `first_open` hold no token of this rank any more.
    double largest(const std::vector<double>& extremes, double sum, std::size_t output, std::size_t rank,
                   std::uint64_t places, std::size_t first_open) {
        for_each_place(places, [&](std::size_t p) {
            sum += extremes[terms_.at(output, p < first_open ? rank + 1 : rank, p)];
            ++work_;
        });
        return sum;
    }

    /// Of the live outputs from `begin` on drops those that are at most another one throughout the node; the
    /// sum of the shares of the others.
    double drop_dominated(const Node& n, std::size_t begin) {
        for (std::size_t a = begin; a < live_.size(); ++a) {
            for (std::size_t b = begin; b < live_.size(); ++b) {
                if (a == b || !dominated(n, live_[a], live_[b])) continue;
                live_[a] = live_.back();
                shares_[a] = shares_[live_.size() - 1];
                live_.pop_back();
                b = begin - 1;
                if (a == live_.size()) break;
            }
        }
        double most = 0;
        for (std::size_t k = begin; k < live_.size(); ++k) most += shares_[k];
        return most;
    }

    bool dominated(const Node& n, const Live& a, const Live& b) {
        double excess = a.upper + b.negated_lower;
        const double* above = most_above(a.output, b.output) + n.rank * terms_.positions;
        for_each_place(n.places, [&](std::size_t p) { excess += above[p]; });
        work_ += n.r + 1;
        return excess <= 0;
    }

    /// The most by which a term of output a exceeds that of b, over this rank and later ones, by place.
    const double* most_above(std::uint32_t a, std::uint32_t b) {
        auto& known = most_above_[a * terms_.outputs + b];
        if (!known) {
            const std::size_t positions = terms_.positions;
            known.reset(new double[terms_.tokens * positions]);
            for (std::size_t rank = terms_.tokens; rank-- > 0;) {
                for (std::size_t p = 0; p < positions; ++p) {
                    double& most = known[rank * positions + p];
                    most = terms_.upper[terms_.at(a, rank, p)] + terms_.negated_lower[terms_.at(b, rank, p)];
                    if (rank + 1 < terms_.tokens) most = std::max(most, known[(rank + 1) * positions + p]);
                }
            }
            work_ += 2 * terms_.tokens * positions;
        }
        return known.get();
    }

    /// Pushes those of the outputs that may still win, where the places before `first` hold later ranks;
    /// false if one of them wins surely.
    bool keep_undecided(const Node& n, Outputs outputs, std::size_t first) {
        for (std::size_t k = outputs.begin; k < outputs.end; ++k) {
            const Live output = live_[k];
            if (largest(terms_.highest, output.upper, output.output, n.rank, n.places, first) < 0) continue;
            const double lowest =
                largest(terms_.negated_lowest, output.negated_lower, output.output, n.rank, n.places, first);
            if (lowest <= 0) return false;
            live_.push_back(output);
        }
        return true;
    }

    /// Decides, place by place from `first` on, which of the node's places hold its rank; `placed` do, the
    /// last one that was decided among them if `taken`.
    void choose(const Node& n, Outputs outputs, std::size_t first, std::size_t placed, bool taken) {
        if (stop()) return;
        const std::uint64_t undecided = n.places >> first << first;
        if (first >= terms_.positions || undecided == 0) {
            node({n.rank + 1, n.r, n.places, n.code, n.need_m && !(n.rank == terms_.rank_of_m && placed > 0)},
                 outputs);
            return;
        }
        const auto place = static_cast<std::size_t>(__builtin_ctzll(undecided));
        const std::size_t top = live_.size();
        if (placed > 0) {
            const CountEnds mass = mass_of(n, static_cast<std::size_t>(__builtin_popcountll(undecided)));
            const bool light = mass.most <= effort_.open_mass * kWorthSettling || exhausted();
            // Passing a place over changes the extremes little: they are asked when a place has been taken.
            if (taken || light) {
                if (!keep_undecided(n, outputs, first)) {
                    count_wrong(mass);
                    live_.resize(top);
                    return;
                }
                outputs = {top, live_.size()};
            }
            if (outputs.size() == 0) return;
            if (light) {
                wrong_.most += mass.most;
                live_.resize(top);
                return;
            }
        }
        // Not here, and then here.
        choose(n, outputs, place + 1, placed, false);
        const std::size_t next = live_.size();
        for (std::size_t k = outputs.begin; k < outputs.end; ++k) {
            Live output = live_[k];
            output.upper += terms_.upper[terms_.at(output.output, n.rank, place)];
            output.negated_lower += terms_.negated_lower[terms_.at(output.output, n.rank, place)];
            live_.push_back(output);
        }
        work_ += 2 * outputs.size();
        choose({n.rank, n.r - 1, n.places & ~(std::uint64_t{1} << place), n.code - tables_.unit(place),
                n.need_m},
               {next, live_.size()}, place + 1, placed + 1, true);
        live_.resize(top);
    }

    /// Sequences, where `undecided` of the places may hold this rank or later ones and the others later ones,
    /// and this rank has been placed.
    CountEnds mass_of(const Node& n, std::size_t undecided) const {
        const std::size_t others = n.r - undecided;
        CountEnds mass = terms_.fillings(n.rank, undecided) * terms_.fillings(n.rank + 1, others);
        if (n.need_m && n.rank > terms_.rank_of_m) return {};
        if (n.need_m && n.rank < terms_.rank_of_m) {
            mass = mass - terms_.fillings(n.rank + 1, undecided) * terms_.fillings(n.rank + 2, others);
        }
        return mass;
    }

    // Tables are made for nodes of this share of the mass that may stay open; and while places are chosen,
    // what is below this share of it stays open.
    static constexpr double kWorthATable = 0.02, kWorthSettling = 0.1;

    const HeavyEffort& effort_;
    const std::function<bool()>& expired_;
    HeavyTerms terms_;
    TailTables tables_;
    std::vector<std::unique_ptr<double[]>> most_above_;  // by pair of outputs
    std::vector<Live> live_;
    std::vector<double> shares_;  // upper ones, beside live_
    CountEnds wrong_{0, 0};
    std::uint64_t nodes_ = 0, work_ = 0, steps_ = 0;
    bool stopped_ = false;
};

}  // namespace

HeavyEffort heavy_effort(int level, std::size_t positions, double sequences) {
    HeavyEffort effort;
    effort.open_mass = sequences * 1e-7;
    for (int k = 0; k < level; ++k) effort.open_mass /= 10;
    // With many positions there are too many sets of them for a table each.
    effort.class_ratio = positions > 12 ? 1.15 : 1;
    effort.work = std::uint64_t{1} << (27 + level);
    return effort;
}

std::uint64_t guess_heavy_work(const GroupTerms& terms) {
    // Tables for a few tokens and outputs, each over every number of positions.
    const std::size_t tables = 8 * std::min<std::size_t>(terms.wins.size(), 4) * terms.group.positions;
    return tables * terms.group.tokens() * terms.group.positions * HeavyEffort().bins / 2;
}

std::optional<HeavyResult> walk_heavy_tokens(const RoundUpward& up, const GroupTerms& terms,
                                             const HeavyEffort& effort,
                                             const std::function<bool()>& expired) {
    HeavyResult result;
    result.bracket = open_bracket(terms.group);
    if (!heavy_terms_fit(terms)) return result;
    HeavyTree tree(up, terms, effort, expired);
    if (!tree.walk()) return std::nullopt;
    result.bracket = bracket_of_wrong(terms.group, -tree.wrong().negated_least, tree.wrong().most);
    result.nodes = tree.nodes();
    result.work = tree.work();
    return result;
}

}  // namespace maxcert
