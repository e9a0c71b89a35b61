"""Figures of models: path matrices, gaps, training, ablations, noise, distributions."""

import matplotlib.pyplot as plt
import numpy as np

from groups import parts
from matrices import paths, read_weights
from plotting import COLOURS, CYCLE, PUBLISHED, scattered
from results import hints_of
from tables.models import distributions
from tables.study import NOISE, PATHS, RESIDUALS, ablated_accuracy, studies


def heat_maps(results, example, album):
    """The five paths and the singular values of QK of one model."""
    try:
        weights = read_weights(results.folder / f"seed-{example}" / "weights.safetensors")
    except (OSError, ValueError, KeyError):
        return None
    found = paths(weights)
    fig, axes = plt.subplots(2, 3, figsize=(9.2, 6))
    labels = {"EQKE": ("key token", "query token"), "EQKP": ("key position", "query token"),
              "EU": ("output", "query token"), "EVOU": ("output", "attended token"),
              "PVOU": ("output", "attended position")}
    rows = []
    for ax, (name, matrix) in zip(axes.flat, found.items()):
        extent = np.abs(matrix).max()
        image = ax.imshow(matrix, cmap="RdBu_r", vmin=-extent, vmax=extent, aspect="auto", interpolation="nearest")
        ax.set(title=name, xlabel=labels[name][0], ylabel=labels[name][1])
        ax.grid(False)
        for axis, size in ((ax.xaxis, matrix.shape[1]), (ax.yaxis, matrix.shape[0])):
            if size <= 8:
                axis.set_ticks(range(size))
        fig.colorbar(image, ax=ax, shrink=0.85)
        rows += [(name, i, j, matrix[i, j]) for i in range(matrix.shape[0]) for j in range(matrix.shape[1])]
    singular = np.linalg.svd(found["EQKE"], compute_uv=False)[:weights["W_Q"].shape[1]]
    ax = axes.flat[5]
    ax.semilogy(range(1, len(singular) + 1), np.maximum(singular, 1e-12), "o-", ms=3, color=COLOURS["subcubic"])
    ax.set(title="singular values of EQKE", xlabel="index", ylabel="value")
    rows += [("singular_value", i, "", s) for i, s in enumerate(singular)]
    return album.keep(fig, "heat_maps", f"The paths through model {example}. The mechanism to look for: EQKE rises from "
                      "left to right in every row (larger tokens get more attention), EVOU is highest on its diagonal "
                      "(attending to a token says that token); EU, EQKP and PVOU are small. The scales differ.", ("matrix", "row", "column", "value"), rows)


def decode_gaps(text, n_ctx, d_vocab):
    """{(q, m, n): gap} from the run lengths of a subcubic certificate: for m, for n, for q; 0 is no cell."""
    values = []
    for run in text.split(","):
        value, _, times = run.partition("x")
        values += [int(value)] * int(times or 1)
    cells = [(q, m, n) for m in range(1, d_vocab) for n in range(1, n_ctx) for q in range(m + 1)]
    if len(cells) != len(values):
        raise ValueError(f"{len(values)} gaps for {len(cells)} cells")
    return dict(zip(cells, values))


GAPS_OF = ("max_diff_exact/mean_query+diff/exact_EQKE+max_diff_exact", "max_diff_exact/mean_query+diff/svd",
           "max_diff_exact/mean_query+diff/max_diff_subproduct", "max_diff/mean_query+diff/max_diff_subproduct",
           "max_diff_exact/mean_query+diff/max_diff_subproduct_recursive")


def gaps(results, example, album):
    """How far below the maximum the other tokens must stay, by strategy."""
    found = {}
    for strategy in GAPS_OF:
        record = results.records.get(strategy, {}).get(example)
        try:
            if record:
                found[strategy] = decode_gaps(hints_of(record)["gaps"], results.n_ctx, results.d_vocab)
        except (ValueError, KeyError, AttributeError, OSError):
            continue
    if not found:
        return None
    fig, axes = plt.subplots(1, len(found), figsize=(2.6 * len(found) + 0.6, 2.9), sharey=True, squeeze=False)
    rows = []
    for ax, (strategy, cells) in zip(axes.flat, found.items()):
        chosen = np.array([g for g in cells.values() if g > 0])
        counts = np.bincount(chosen, minlength=results.d_vocab) if len(chosen) else np.zeros(results.d_vocab)
        ax.stairs(counts, np.arange(len(counts) + 1) - 0.5, fill=True, color=COLOURS["subcubic"])
        direct, _, error = parts(strategy)
        ax.set_title(f"{direct}\n{error}", fontsize=7)
        ax.set(xlabel="gap", yscale="symlog")
        ax.annotate(f"{len(chosen) / len(cells):.0%} of cells", (0.97, 0.94), xycoords="axes fraction", ha="right",
                    va="top", fontsize=8)
        rows += [(strategy, g, int(c)) for g, c in enumerate(counts)]
    axes.flat[0].set_ylabel("cells (q, m, n)")
    return album.keep(fig, "gaps", f"Model {example}: the smallest gap between the maximum and the other tokens with "
                      "which each cell (query, maximum, number of others) is proved. Cells without one prove nothing.",
                      ("strategy", "gap", "cells"), rows)


def training(results, example, album):
    curves = {s: results.models[s].get("curve") or {} for s in results.seeds}
    curves = {s: c for s, c in curves.items() if c.get("step") and len(c["step"]) == len(c.get("loss", []))}
    if not curves:
        return None
    steps = next(iter(curves.values()))["step"]
    same = np.array([c["loss"] for c in curves.values() if c["step"] == steps], float)
    fig, ax = plt.subplots(figsize=(5.8, 3.4))
    low, middle, high = np.percentile(same, [5, 50, 95], axis=0)
    ax.fill_between(steps, low, high, color=COLOURS["convex"], alpha=0.35, lw=0, label="5–95 % of models")
    ax.plot(steps, middle, color=COLOURS["subcubic"], label=f"median of {len(same)} models")
    if example in curves:
        ax.plot(curves[example]["step"], curves[example]["loss"], color=COLOURS["cubic"], lw=0.9, label=f"{example}")
    ax.set(yscale="log", xlabel="step", ylabel="training loss")
    ax.legend()
    return album.keep(fig, "training", "Training loss.", ("seed", "step", "loss"),
                      [(s, a, b) for s, c in curves.items() for a, b in zip(c["step"], c["loss"])])


def ablations(results, album):
    found = studies(results, "ablations")
    if not found:
        return None
    names = list(next(iter(found.values())))
    found = {s: {n: ablated_accuracy(results, r) for n, r in a.items()} for s, a in found.items()}
    means = {n: np.mean([a[n] for a in found.values() if n in a]) for n in names}
    names.sort(key=lambda n: means[n])
    fig, (grid, ax) = plt.subplots(1, 2, figsize=(7.4, 5.6), sharey=True, width_ratios=(1, 4))
    dots = [(x, y, path in name.split("+")) for y, name in enumerate(names) for x, path in enumerate(PATHS)]
    for hollow, colour in ((True, "white"), (False, "#333333")):
        scattered(grid, [x for x, _, h in dots if h == hollow], [y for _, y, h in dots if h == hollow], 26, marker="o",
                  color=colour, mec="#333333", mew=0.7)
    values = [(a[name], y) for y, name in enumerate(names) for a in found.values() if name in a]
    scattered(ax, *zip(*values), 8, marker="o", alpha=0.35, color=COLOURS["subcubic"], mew=0)
    scattered(ax, [means[name] for name in names], range(len(names)), 90, marker="|", color="black")
    grid.set_xticks(range(5), PATHS, rotation=90)
    grid.set_yticks([])
    grid.grid(False)
    for side in grid.spines.values():
        side.set_visible(False)
    ax.set(xlabel="accuracy", xlim=(-0.02, 1.02))
    return album.keep(fig, "ablations", "Accuracy when paths are set to zero (hollow dots). If attention to the larger "
                      "token (EQKE) and copying it (EVOU) are the mechanism, those two alone should suffice. One dot "
                      "per model, the bar is the mean.",
                      ("zeroed", "seed", "accuracy"),
                      [(n, s, a[n]) for n in names for s, a in found.items() if n in a])


def noise(results, album):
    found = studies(results, "qk_noise")
    if not found:
        return None
    fig, axes = plt.subplots(1, 2, figsize=(9.4, 4.4), sharey=True)
    rows = []
    methods = list(NOISE)[::-1]
    shades = {1: COLOURS["window"], 2: COLOURS["convolution"], 4: COLOURS["cubic"]}
    for ax, (residual, where) in zip(axes, RESIDUALS.items()):
        places = []  # height, 5 %, median, 95 % and colour of each method
        for y, method in enumerate(methods):
            values = [n[residual]["methods"][method]["ratio"] for n in found.values()
                      if method in n.get(residual, {}).get("methods", {})]
            if not values:
                continue
            places.append((y, *np.percentile(values, [5, 50, 95]), shades[NOISE[method][0]]))
            rows += [(residual, method, s, n[residual]["methods"][method]["ratio"]) for s, n in found.items()]
        ax.hlines([p[0] for p in places], [p[1] for p in places], [p[3] for p in places], [p[4] for p in places], lw=2.5, alpha=0.6)
        for colour in shades.values():
            mine = [p for p in places if p[4] == colour]
            scattered(ax, [p[2] for p in mine], [p[0] for p in mine], 25, marker="o", color=colour)
        ax.set(xscale="log", title=where, xlabel="bound / true largest row range")
        ax.axvline(1, color="#333333", lw=0.8)
    axes[0].set_yticks(range(len(methods)), [NOISE[m][1] for m in methods], fontsize=7)
    for matrices, colour in shades.items():
        axes[1].plot([], [], "o", color=colour, label=f"{matrices} matri{'x' if matrices == 1 else 'ces'} bounded apart")
    axes[1].legend(loc="upper right")
    return album.keep(fig, "noise", "How much each way of bounding the unexplained part A·B·C·D of QK overstates it: "
                      "median and 5–95 % of the models.",
                      ("residual", "method", "seed", "ratio"), rows)


def distribution(results, album):
    shown = [d for d in distributions(results) if len(d[1]) > 1]
    if not shown:
        return None
    fig, axes = plt.subplots(1, len(shown), figsize=(3 * len(shown), 2.9), sharey=True, squeeze=False)
    rows = []
    for ax, (label, ours, theirs) in zip(axes.flat, shown):
        for values, colour, style, who in ((ours, COLOURS["subcubic"], "-", "ours"),
                                           (theirs, PUBLISHED, "--", "published")):
            values = np.sort(values)
            ax.step(values, np.arange(1, len(values) + 1) / len(values), where="post", color=colour, ls=style,
                    label=f"{who} ({len(values)})")
            rows += [(label, who, v) for v in values]
        ax.set_xlabel(label)
        ax.legend(fontsize=7)
        ax.tick_params(axis="x", labelrotation=30)
    axes.flat[0].set_ylabel("share of models below")
    return album.keep(fig, "distributions", "Our models and the published ones as distributions.",
                      ("quantity", "whose", "value"), rows)


def brackets(results, album):
    """Brackets of the accuracy, model by model, where no exact count is known."""
    chosen = [s for s in results.records if any(r.upper is not None and not r.exact
                                                for r in results.records[s].values())]
    if not chosen:
        return None
    fig, ax = plt.subplots(figsize=(6.2, 3.4))
    rows = []
    for i, strategy in enumerate(chosen):
        widths = sorted((r.upper - r.correct) / r.total for r in results.records[strategy].values()
                        if r.upper is not None)
        ax.plot(np.linspace(0, 100, len(widths)), np.maximum(widths, 1e-9), marker="osD^vPX"[i % 7], ms=3.5,
                color=CYCLE[i % len(CYCLE)], label=strategy, markevery=max(1, len(widths) // 12))
        rows += [(strategy, r.seed, r.bound, r.upper / r.total) for r in results.records[strategy].values()
                 if r.upper is not None]
    ax.set(yscale="log", xlabel="models, sorted (percent)", ylabel="width of the bracket")
    ax.legend()
    return album.keep(fig, "brackets", "How closely the accuracy is known: proved upper end minus proved lower end.",
                      ("strategy", "seed", "at_least", "at_most"), rows)
