"""Per-model bounds put together: best of a set of strategies, limits on the proof length."""

from functools import cache
from statistics import median

import published


def best_per_model(results, strategies):
    """seed -> (normalised bound, record) of the best of the strategies, for models with a reference."""
    best = {}
    for strategy in strategies:
        for seed, value in results.normalised_bounds(strategy).items():
            if seed not in best or value > best[seed][0]:
                best[seed] = (value, strategy)
    return {seed: (value, results.records[strategy][seed]) for seed, (value, strategy) in best.items()}


@cache
def median_flops(results, strategy):
    """Our proof length of a strategy: the median over the models (it can depend on what the search finds)."""
    known = [r.proof_flops for r in results.records.get(strategy, {}).values() if r.proof_flops is not None]
    return median(known) if known else None


def group_members(results, name, paper_only):
    return [s for s in results.records if results.group(s) == name and (results.in_paper(s) or not paper_only)]


def group_cost(results, name):
    """Published proof length of a group: that of the strategies which win their group, median over models."""
    flops = published.proof_flops(results.n_ctx, results.d_vocab)
    best = best_per_model(results, group_members(results, name, paper_only=True))
    costs = [flops[record.strategy] for _, record in best.values() if record.strategy in flops]
    return median(costs) if costs else None


def best_within(results, limit):
    """The same as best_per_model among all strategies whose proof length is at most `limit`."""
    cost = {s: median_flops(results, s) or float("inf") for s in results.records}
    # The cheapest first, so that of equal bounds the shortest proof is named.
    return best_per_model(results, sorted((s for s in cost if cost[s] <= limit), key=cost.get))
