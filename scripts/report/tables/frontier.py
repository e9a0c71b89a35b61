"""Frontiers in two numbers that can be compared with others: how much is proved at every length, and what finishing costs."""

import math
from collections import Counter
from statistics import median

from bounds import median_flops
from estimates import pareto
from figures.bounds import strategy_points
from groups import FAMILIES
from tables.models import families
from tables import Column, Table, below, short


def operations_per_sequence(results):
    """Of brute force: as its certificates say, or else two for each output (a sum and a comparison)."""
    known = median_flops(results, "brute_force")
    return known / results.d_vocab**results.n_ctx if known else 2 * results.d_vocab


def area(points, low, high):
    """Under the best bound at each length, against the logarithm of the length from low to high, of 1 that it can be at most."""
    steps = [(min(max(math.log(cost), low), high), gain) for cost, gain in pareto(points)] + [(high, 0)]
    return sum((right - left) * gain for (left, gain), (right, _) in zip(steps, steps[1:])) / (high - low)


def finishing(results, strategies, per_sequence):
    """seed -> (operations, strategy) of the cheapest way to the exact number: a proof, then brute force over the sequences that it
    leaves open, those neither proved right nor, where it has an upper end, counted as wrong."""
    best = {}
    for strategy in strategies:
        for seed, record in results.records[strategy].items():
            if record.proof_flops is None:
                continue
            most = record.total if record.upper is None else record.upper
            cost = record.proof_flops + (most - record.correct) * per_sequence
            if seed not in best or cost < best[seed][0]:
                best[seed] = (cost, strategy)
    return best


def frontier_table(results):
    points = strategy_points(results)
    if not points:
        return None
    per_sequence = operations_per_sequence(results)
    whole = per_sequence * results.d_vocab**results.n_ctx
    low, high = math.log(min(p[0] for p in points)), math.log(whole)
    if high <= low:
        return None
    chosen = {FAMILIES[name]: strategies for name, strategies in families(results).items() if name != "brute_force"}
    chosen |= {"the paper's strategies": [s for s in results.records if results.in_paper(s)], "all strategies": list(results.records)}
    rows = []
    for label, strategies in chosen.items():
        mine = [(flops, bound) for flops, bound, strategy in points if strategy in set(strategies)]
        done = finishing(results, strategies, per_sequence)
        if not mine or not done:
            continue
        cost = median(c for c, _ in done.values())
        rows.append({"strategies": label, "shortest": min(p[0] for p in mine), "area": area(mine, low, high), "finishing": cost,
                     "ratio": cost / whole, "by": Counter(s for _, s in done.values()).most_common(1)[0][0], "models": len(done)})
    rows.sort(key=lambda r: -r["area"])
    return Table("frontiers", "Each frontier in two numbers", [
        Column("strategies", "strategies", text=True), Column("shortest", "shortest proof, operations", short),
        Column("area", "area under the frontier", below(4)), Column("finishing", "to the exact count, operations", short),
        Column("ratio", "of brute force", lambda v: f"{v:.2g}"), Column("by", "cheapest by (most often)", text=True),
        Column("models", "models")], rows,
        "Area: mean of proved / true accuracy over the logarithm of the proof length, from the shortest proof here to brute force "
        f"({short(whole)} operations), taking at each length the best strategy that is no longer; 1 at most. To the exact count: a "
        "proof and then brute force over the sequences that it leaves open; the cheapest per model, median over models.")
