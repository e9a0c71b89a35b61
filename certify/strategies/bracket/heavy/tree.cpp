// A node fixes which places hold the heaviest tokens so far, so that the sum up to there is known for each
// output; a table says how the lighter tokens at the other places continue it. Mostly one output is open
// there, and little is lost by adding up over outputs.
#include "certify/strategies/bracket/heavy/tree.hpp"

#include <algorithm>
#include <cmath>

#include "certify/strategies/bracket/heavy/tail_tables.hpp"

namespace maxcert {
namespace {

/// An output that may win in a node, with the ends of its sum over the places that are settled.
struct Live {
    std::size_t output;
    Ends<double> sums;
};

class HeavyTree {
  public:
    HeavyTree(const RoundUpward& up, const GroupTerms& group, const HeavyEffort& effort)
        : effort_(effort),
          group_(group.group),
          terms_(up, group),
          tables_(up, terms_, effort.class_ratio, effort.bins, effort.table_entries) {}

    void walk(GroupOutcome& outcome) {
        for (std::size_t x = 0; x < terms_.outputs; ++x) {
            live_.push_back({x, {terms_.constants[End::lower][x], terms_.constants[End::upper][x]}});
        }
        std::uint64_t places = 0;
        TailTables::Code code = 0;
        for (std::size_t p = 0; p < terms_.positions; ++p) {
            places |= std::uint64_t{1} << p;
            code += tables_.unit(p);
        }
        node({0, terms_.positions, places, code, terms_.needs_m}, {0, live_.size()});
        outcome.bracket.intersect(
            bracket_of_wrong(group_, CountRange::between(wrong_.lower(), wrong_.upper(), group_.size())));
        outcome.nodes += nodes_;
        outcome.work += work();
    }

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

    std::uint64_t work() const { return work_ + tables_.work(); }

    /// Whether what is still open has to stay so.
    bool exhausted() const { return work() >= effort_.work; }

    void node(const Node& n, Outputs outputs) {
        checkpoint(4);
        ++nodes_;
        if (n.need_m && (n.rank > terms_.rank_of_m || n.r == 0)) return;  // no sequence at all
        if (n.rank == terms_.tokens && n.r > 0) return;
        const Interval mass = terms_.fillings(n.rank, n.r, n.need_m);
        const bool make = mass.upper() > effort_.open_mass * kWorthATable && !exhausted();
        // Upper and negated lower shares of the wrong ones.
        const std::size_t top = live_.size();
        double at_most = 0, negated_least = 0;
        for (std::size_t k = outputs.begin; k < outputs.end; ++k) {
            const Live output = live_[k];
            const double upper = share(End::upper, n, output, make);
            if (upper == 0) continue;
            at_most += upper;
            // An output whose upper share is below another's lower one has no say in the largest lower one.
            if (upper > -negated_least) {
                negated_least = std::min(negated_least, share(End::lower, n, output, make));
            }
            live_.push_back(output);
            if (negated_least <= -1) break;
        }
        work_ += 6 * outputs.size();
        const Outputs open{top, live_.size()};
        if (negated_least <= -1) {
            wrong_ += mass;
        } else if (open.size() > 0) {
            // Any number at least the share serves as its upper end, 1 included.
            at_most = at_most < 1 ? at_most : 1.0;
            const bool split = mass.upper() * (at_most + negated_least) > effort_.open_mass &&
                               n.rank < terms_.tokens && n.r > 0 && !exhausted();
            if (split) {
                choose(n, open, 0, 0, false);
            } else {
                wrong_ += mass * Interval::between(-negated_least, at_most);
            }
        }
        live_.resize(top);
    }

    /// At least the share of the node's sequences in which the output wins, or minus at most that share.
    double share(End end, const Node& n, const Live& output, bool make) {
        if (n.r > 0) {
            const auto* table = tables_.find(output.output, n.rank, end, n.code, n.r, n.need_m, make);
            if (table != nullptr) return table->share(output.sums[end]);
        }
        const double reach = largest(end, n, output, 0);
        if (end == End::upper) return reach < 0 ? 0 : 1;
        return reach <= 0 ? -1 : 0;
    }

    /// Its sum with the extreme of each place; those before `first_open` hold no token of this rank any more.
    double largest(End end, const Node& n, const Live& output, std::size_t first_open) {
        double sum = output.sums[end];
        for (std::uint64_t places = n.places; places != 0; places &= places - 1) {
            const auto p = static_cast<std::size_t>(__builtin_ctzll(places));
            sum += terms_.extremes[end][terms_.at(output.output, p < first_open ? n.rank + 1 : n.rank, p)];
            ++work_;
        }
        return sum;
    }

    /// Pushes those of the outputs that may still win, where the places before `first` hold later ranks;
    /// false if one of them wins surely.
    bool keep_undecided(const Node& n, Outputs outputs, std::size_t first) {
        for (std::size_t k = outputs.begin; k < outputs.end; ++k) {
            const Live output = live_[k];
            if (largest(End::upper, n, output, first) < 0) continue;
            if (largest(End::lower, n, output, first) <= 0) return false;
            live_.push_back(output);
        }
        return true;
    }

    /// Decides, place by place from `first` on, which of the node's places hold its rank; `placed` do, the
    /// last one that was decided among them if `taken`.
    void choose(const Node& n, Outputs outputs, std::size_t first, std::size_t placed, bool taken) {
        checkpoint(4);
        const std::uint64_t undecided = n.places >> first << first;
        if (first >= terms_.positions || undecided == 0) {
            node({n.rank + 1, n.r, n.places, n.code, n.need_m && !(n.rank == terms_.rank_of_m && placed > 0)},
                 outputs);
            return;
        }
        const auto place = static_cast<std::size_t>(__builtin_ctzll(undecided));
        const std::size_t top = live_.size();
        if (placed > 0) {
            const Interval mass = mass_of(n, static_cast<std::size_t>(__builtin_popcountll(undecided)));
            const bool light = mass.upper() <= effort_.open_mass * kWorthSettling || exhausted();
            // Passing a place over changes the extremes little: they are asked when a place has been taken.
            if (taken || light) {
                if (!keep_undecided(n, outputs, first)) {
                    wrong_ += mass;
                    live_.resize(top);
                    return;
                }
                outputs = {top, live_.size()};
            }
            if (outputs.size() == 0) return;
            if (light) {
                wrong_ += Interval::between(0, mass.upper());
                live_.resize(top);
                return;
            }
        }
        // Not here, and then here.
        choose(n, outputs, place + 1, placed, false);
        const std::size_t next = live_.size();
        for (std::size_t k = outputs.begin; k < outputs.end; ++k) {
            Live output = live_[k];
            for (const End end : kBothEnds) {
                output.sums[end] += terms_.ends[end][terms_.at(output.output, n.rank, place)];
            }
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
    Interval mass_of(const Node& n, std::size_t undecided) const {
        const std::size_t others = n.r - undecided;
        Interval mass = terms_.fillings(n.rank, undecided) * terms_.fillings(n.rank + 1, others);
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
    const Group& group_;
    HeavyTerms terms_;
    TailTables tables_;
    std::vector<Live> live_;
    Interval wrong_;  // sequences in which an output wins
    std::uint64_t nodes_ = 0, work_ = 0;
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

void walk_heavy_tokens(const RoundUpward& up, const GroupTerms& terms, const HeavyEffort& effort,
                       GroupOutcome& outcome) {
    // Sets of positions are the bits of a word, and counts must stay far from overflow; so do sums, since
    // terms of a known group are products of two sums of numbers below 1e140.
    const auto positions = static_cast<double>(terms.group.positions);
    const double digits = positions * std::log10(static_cast<double>(terms.group.tokens()));
    if (positions < 64 && digits < 300) HeavyTree(up, terms, effort).walk(outcome);
}

}  // namespace maxcert
