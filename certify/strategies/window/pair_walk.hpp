// Walks every (query, maximum) pair of a claim in one number type (SOUNDNESS T5c).
#pragma once

#include <cstdint>
#include <vector>

#include "certify/proof/check_options.hpp"
#include "certify/strategies/window/cell_walk.hpp"
#include "data/base/parallel.hpp"

namespace maxcert {

/// What one (query, maximum) pair yields.
struct PairFinding {
    Count proved = 0;
    std::uint64_t cells = 0, operations = 0;  ///< of its terms and of the walk
    bool open = false;                        ///< a cell that this arithmetic could not decide
};

template <class N, class C>
[[gnu::noinline]] void walk_maximum(const WindowView<N>& view, const WindowPlan& plan, std::size_t m,
                                    const SequenceCounts<C>& counts, std::size_t positions,
                                    std::vector<PairFinding>& findings) {
    CellWalk<N, IgnoreCell, C> walk(counts);
    for_each_pair(view, plan, m, [&](std::size_t q, const PairTerms<N>& terms) {
        walk.run(terms, positions, q != m);
        PairFinding& found = findings[pair_index(q, m)];
        found.proved = walk.proved();  // into storage that is there
        found.cells = walk.cells();
        found.operations = terms.operations + walk.operations();
        found.open = walk.open();
    });
}

// A function of its own, so that no operation moves across the change of rounding mode.
template <class N>
[[gnu::noinline]] WindowView<N> view_in(Model& model, const WindowClaim& claim, const Margin& margin) {
    const RoundingFor<N> rounding;
    TableCache<N> bench(rounding, model);
    return window_view(bench, claim, margin);
}

/// walk_pairs with C for the counts, as of SequenceCounts.
template <class N, class C>
void walk_counting(Model& model, const WindowClaim& claim, const CheckOptions& options,
                   std::vector<PairFinding>& findings) {
    const Shape& shape = model.shape();
    const WindowView<N> view = view_in<N>(model, claim, options.margin);
    const SequenceCounts<C> counts(shape);
    const long bits = working_precision();
    parallel_for(shape.d_vocab, options.threads, [&](std::size_t i) {
        const std::size_t m = shape.d_vocab - 1 - i;  // the largest first: they have the most pairs
        const WorkingPrecision precision(bits);
        const RoundingFor<N> rounding;
        walk_maximum(view, claim.plan, m, counts, shape.n_ctx - 1u, findings);
    });
}

/// Writes the findings of the pairs that the claim's plan chooses, by pair_index, with the maxima side by
/// side. False if a TimeLimit ended it: some of these pairs keep the findings that they had.
template <class N>
bool walk_pairs(Model& model, const WindowClaim& claim, const CheckOptions& options,
                std::vector<PairFinding>& findings) {
    const auto walk =
        machine_integers_do(model.shape()) ? walk_counting<N, std::uint64_t> : walk_counting<N, Count>;
    return within_time([&] { walk(model, claim, options, findings); });
}

}  // namespace maxcert
