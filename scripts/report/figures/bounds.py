"""Figures of bounds: against proof length, unexplained dimension, faithfulness, margin, radius and noise."""

import matplotlib.pyplot as plt
import numpy as np

import published
from bounds import best_per_model, group_cost, median_flops
from estimates import pareto, spearman_interval
from groups import ERROR, FAMILIES, parts
from plotting import COLOURS, CYCLE, MARKERS, PUBLISHED, scattered
from tables.models import families


def strategy_points(results):
    """(proof FLOPs, mean normalised bound, strategy) of each strategy where both are known."""
    points = []
    for strategy, by_seed in results.records.items():
        values = [v for v in map(results.normalised, by_seed.values()) if v is not None]
        flops = median_flops(results, strategy)
        if values and flops:
            points.append((flops, float(np.mean(values)), strategy))
    return points


def published_points(results):
    """(FLOPs, mean, std, group) of the paper's groups."""
    points = []
    for name, (mean, std) in published.groups(results.n_ctx).items():
        cost = group_cost(results, name)
        if cost:
            points.append((cost, 1.0 if name == "brute_force" else mean, std, name))
    return points


def _steps(ax, frontier, right, **style):
    if frontier:
        x = [p[0] for p in frontier] + [right]
        y = [p[1] for p in frontier] + [frontier[-1][1]]
        ax.step(x, y, where="post", **style)


def frontier(results, album):
    points = strategy_points(results)
    if not points:
        return None
    theirs = published_points(results)
    lengths = [p[0] for p in points] + [p[0] for p in theirs]
    ours, same = pareto(points), pareto([p for p in points if results.in_paper(p[2])])
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.4), sharey=True, width_ratios=(1, 1.25))
    for ax in axes:
        for name in FAMILIES:
            chosen = [p for p in points if results.family(p[2]) == name]
            if chosen:
                scattered(ax, [p[0] for p in chosen], [p[1] for p in chosen], color=COLOURS[name], marker=MARKERS[name],
                          label=f"ours: {FAMILIES[name]}", mew=0.4, mec="white", zorder=3)
        _steps(ax, same, max(lengths), color=COLOURS["subcubic"], lw=1, ls=":", label="frontier, paper's strategies")
        _steps(ax, ours, max(lengths), color="#222222", lw=1.1, label="frontier, all strategies")
        if theirs:
            ax.errorbar([p[0] for p in theirs], [p[1] for p in theirs], yerr=[p[2] for p in theirs], fmt="*", ms=10,
                        color=PUBLISHED, mfc="white", capsize=2, lw=1, label="published groups (mean ± std)", zorder=4)
        ax.set(xscale="log", xlabel="proof length: operations of the verifier", ylim=(-0.02, 1.05))
    axes[0].set_ylabel("proved accuracy / true accuracy (mean over models)")
    axes[0].legend(loc="lower right")
    axes[1].set(title="the short proofs", xlim=(min(lengths) * 0.9, min(lengths) * 6))
    axes[1].xaxis.set_minor_formatter(plt.matplotlib.ticker.LogFormatterSciNotation(minor_thresholds=(2, 0.7)))
    on = {p[2] for p in ours}
    rows = [(p[2], results.family(p[2]), p[0], p[1], int(p[2] in on)) for p in points]
    rows += [(f"published {p[3]}", "published", p[0], p[1], "") for p in theirs]
    return album.keep(fig, "frontier", "One point per strategy. The lines join those that no other beats with at most "
                      "their length; up and to the left is better.",
                      ("strategy", "family", "proof_flops", "normalised_bound", "on_frontier"), rows)


def dimension(results, album):
    points = []
    for strategy, by_seed in results.records.items():
        flops, first = median_flops(results, strategy), next(iter(by_seed.values()))
        if flops and first.unexplained_dimension:
            points.append((flops, first.unexplained_dimension, strategy))
    if len(points) < 2:
        return None
    fig, ax = plt.subplots(figsize=(6.4, 4))
    for name in FAMILIES:
        chosen = [p for p in points if results.family(p[2]) == name]
        if chosen:
            scattered(ax, [p[0] for p in chosen], [p[1] for p in chosen], color=COLOURS[name], marker=MARKERS[name],
                      label=FAMILIES[name], alpha=0.8, mew=0)
    ax.set(xscale="log", yscale="log", xlabel="proof length: operations of the verifier",
           ylabel="unexplained dimension (paper's estimate)")
    ax.legend()
    return album.keep(fig, "dimension", "Unexplained dimension against proof length, one point per strategy. What is "
                      "not explained must be computed.", ("strategy", "proof_flops", "dimension"),
                      [(p[2], p[0], p[1]) for p in points])


def svd_points(results):
    """(σ₁/σ₂, normalised best bound of the rank-one strategies, seed) per model."""
    chosen = [s for s in results.records if parts(s) and parts(s)[2] == "svd" and results.in_paper(s)]
    points = []
    for seed, (value, record) in best_per_model(results, chosen).items():
        ratio = results.study(seed).get("qk_sigma_ratio") or record.sigma_ratio
        if ratio:
            points.append((ratio, value, seed))
    return points


def faithfulness(results, album):
    points = svd_points(results)
    if len(points) < 3:
        return None
    x, y, seeds = zip(*points)
    fig, ax = plt.subplots(figsize=(5.6, 3.8))
    scattered(ax, x, y, marker="o", color=COLOURS["subcubic"], alpha=0.75, mew=0)
    found = spearman_interval(x, y)
    if found:
        ax.set_title(f"rank correlation {found[0]:.2f} (95 %: {found[1]:.2f} to {found[2]:.2f}), {len(x)} models")
    ax.set(xlabel="σ₁/σ₂ of QK: how nearly rank one it is", ylabel="best svd bound / accuracy", xscale="log")
    ax.xaxis.set_minor_formatter(plt.matplotlib.ticker.LogFormatter(minor_thresholds=(2, 0.5)))
    return album.keep(fig, "faithfulness", "One point per model: what the best strategy proves that explains QK by its "
                      "top singular vectors (svd), against how well these describe the model.",
                      ("seed", "sigma_ratio", "normalised_bound"), [(p[2], p[0], p[1]) for p in points])


def _claims(results, example, key, variable, linear_below, label, caption, album):
    """Bounds of one model, by strategy, against how much is claimed; None where that was not studied."""
    rows = results.study(example).get(key) or []
    lines, families = {}, {}
    for row in rows:
        families[row["strategy"]] = row["family"]
        lines.setdefault(row["strategy"], []).append((float(row[variable]), float(row["bound"])))
    if not lines:
        return None
    fig, ax = plt.subplots(figsize=(6.2, 3.8))
    for i, (strategy, points) in enumerate(lines.items()):
        points.sort()
        ax.plot([p[0] for p in points], [p[1] for p in points], marker=MARKERS[families[strategy]], ms=4,
                color=CYCLE[i % len(CYCLE)], label=strategy)
    ax.set_xscale("symlog", linthresh=linear_below, linscale=0.4)
    sizes = sorted({p[0] for points in lines.values() for p in points})
    ax.set_xticks([s for s in sizes if s == 0 or abs(np.log10(s) - round(np.log10(s))) < 1e-9])
    ax.set(xlabel=label, ylabel=f"proved accuracy of model {example}", ylim=(0, 1.03), xlim=(0, None))
    ax.legend()
    return album.keep(fig, key, caption, ("strategy", variable, "bound"),
                      [(r["strategy"], r[variable], r["bound"]) for r in rows])


def margins(results, example, album):
    return _claims(results, example, "margins", "margin", 0.01, "margin δ by which the right logit must win",
                   f"Bounds on how often model {example} is right by more than δ. A margin also covers rounding: with "
                   "δ at twice the error of the float32 logits the deployed model is proved.", album)


def radii(results, example, album):
    return _claims(results, example, "radii", "radius", 1e-7, "radius ρ by which every weight may move",
                   f"Bounds that hold for every model whose weights are all within ρ of those of model {example}: the "
                   "share of sequences that each of these models gets right.", album)


def error_points(results):
    """error option -> [(largest err, normalised bound, seed, strategy)] with the direct path exact."""
    points = {}
    for strategy, by_seed in results.records.items():
        split = parts(strategy)
        if not split or split[0] != "max_diff_exact" or split[1] != "mean_query+diff":
            continue
        for seed, record in by_seed.items():
            value, err = results.normalised(record), record.err_max
            if value is not None and err is not None and split[2] != "exact_EQKE+max_diff_exact":
                points.setdefault(split[2], []).append((float(err), value, seed, strategy))
    return {e: points[e] for e in ERROR if e in points}


def errors(results, album):
    points = error_points(results)
    if len(points) < 2:
        return None
    fig, ax = plt.subplots(figsize=(6.6, 4))
    markers = "osD^vP<>X"
    for i, (error, chosen) in enumerate(points.items()):
        scattered(ax, [p[0] for p in chosen], [p[1] for p in chosen], 18, alpha=0.7, label=error, mew=0,
                  color=CYCLE[i % len(CYCLE)], marker=markers[i % len(markers)])
    ax.set(xscale="log", xlabel="largest bound on the noise of a row of QK (err)", ylabel="bound / accuracy",
           ylim=(-0.02, 1.02))
    ax.legend(loc="lower left", fontsize=7)
    return album.keep(fig, "errors", "What is proved, against how large the noise of QK is bounded to be. One point "
                      "per model and error option; direct path exact, attention mean_query+diff.",
                      ("error_option", "seed", "err_max", "normalised_bound"),
                      [(e, p[2], p[0], p[1]) for e, chosen in points.items() for p in chosen])


def families_per_model(results, album):
    """Every model's best bound by family, as sorted curves."""
    present = [n for n in families(results) if n != "brute_force"]
    curves = {n: sorted(v for v, _ in best_per_model(results, families(results)[n]).values()) for n in present}
    curves = {n: v for n, v in curves.items() if len(v) > 1}
    if not curves:
        return None
    fig, ax = plt.subplots(figsize=(7.6, 3.6))
    for name, values in curves.items():
        ax.plot(np.linspace(0, 100, len(values)), values, color=COLOURS[name], marker=MARKERS[name], ms=3.5,
                markevery=max(1, len(values) // 12), label=FAMILIES[name])
    for key in ("cubic", "subcubic"):
        if key in published.groups(results.n_ctx) and key in curves:
            ax.axhline(published.groups(results.n_ctx)[key][0], color=COLOURS[key], lw=0.8, ls="--")
    ax.set(xlabel="models, sorted by bound (percent)", ylabel="best bound / accuracy")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return album.keep(fig, "families", "Best bound of each family on every model. Dashed: the published means of "
                      "cubic and of the best subcubic group.", ("family", "rank", "normalised_bound"),
                      [(n, i, v) for n, values in curves.items() for i, v in enumerate(values)])
