"""Where models fail: the sequences that are proved wrong, by what they have in common."""

import matplotlib.pyplot as plt
import numpy as np

from plotting import COLOURS, PUBLISHED
from tables.study import studies

VIEWS = (("by_maximum", "largest token", "tokens"), ("by_query", "query (the last token)", "tokens"),
         ("by_gap", "gap from the maximum to the next token (0: all equal)", "gap"),
         ("by_copies", "copies of the maximum", "copies"))


def failures(results, example, album):
    """All models' share of wrong sequences by maximum, query, gap and copies, and the example's."""
    found = {seed: counts for seed, counts in studies(results, "failures").items() if counts["wrong"]}
    if not found:
        return None
    fig, axes = plt.subplots(2, 2, figsize=(9.2, 5.2))
    rows = []
    for ax, (view, label, _) in zip(axes.flat, VIEWS):
        counts = np.array([f[view] for f in found.values()], dtype=float)
        first = 1 if view == "by_copies" else 0
        shares = counts / counts.sum(axis=1, keepdims=True)
        x = np.arange(first, counts.shape[1])
        ax.stairs(shares.mean(axis=0)[first:], np.arange(first, counts.shape[1] + 1) - 0.5, fill=True, color=COLOURS["subcubic"],
                  label=f"mean of {len(found)} models")
        if example in found:
            mine = np.array(found[example][view], dtype=float)[first:]
            ax.step(x, mine / mine.sum(), where="mid", color=PUBLISHED, lw=1, label=f"model {example}")
        ax.set(xlabel=label, ylabel="share of wrong sequences")
        if counts.shape[1] <= 8:
            ax.set_xticks(x)
        rows += [(view, seed, i, int(n)) for seed, f in found.items() for i, n in enumerate(f[view]) if i >= first and n]
    axes.flat[0].legend()
    total = results.d_vocab ** results.n_ctx
    wrong = [f["wrong"] for f in found.values()]
    every = all(f["every"] and f["undecided"] == 0 for f in found.values())
    return album.keep(fig, "failures",
                      f"The sequences that are proved wrong: {min(wrong):,} to {max(wrong):,} of {total:,} a model"
                      f"{', all there are' if every else ''}. maxcert failures lists them.",
                      ("view", "seed", "value", "wrong"), rows)
