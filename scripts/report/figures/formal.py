"""What formal proofs cost beside what the same proofs cost as certificates."""

import matplotlib.pyplot as plt

from estimates import pareto
from groups import FAMILIES
from plotting import COLOURS, MARKERS, scattered
from tables.theorems import family, operations


def formal(results, example, album):
    """The example's theorems: what is proved against the verifier's operations, and against the seconds of Coq's kernel."""
    total = results.reference(example)[0] or results.d_vocab**results.n_ctx
    points = [(operations(results, t), t.seconds, t.correct / total, family(results, t), t.proof)
              for t in results.theorems.of.get(example, []) if t.of_real_arithmetic]
    points = [p for p in points if p[0]]
    if len(points) < 2:
        return None
    fig, axes = plt.subplots(1, 2, figsize=(9.2, 3.6), sharey=True)
    for ax, cost, label in ((axes[0], 0, "operations of maxcert's verifier"), (axes[1], 1, "seconds of Coq's kernel")):
        for name in FAMILIES:
            chosen = [p for p in points if p[3] == name]
            if chosen:
                scattered(ax, [p[cost] for p in chosen], [p[2] for p in chosen], 28, color=COLOURS[name], marker=MARKERS[name],
                          label=FAMILIES[name], mew=0.4, mec="white", zorder=3)
        steps = pareto([(p[cost], p[2]) for p in points])
        ax.step([x for x, _ in steps] + [max(p[cost] for p in points)], [y for _, y in steps] + [steps[-1][1]], where="post",
                color="#222222", lw=1)
        ax.set(xlabel=label, ylim=(-0.02, 1.05))
    axes[0].set_xscale("log")
    axes[1].set_xlim(left=0)
    axes[0].set_ylabel("proved / true accuracy")
    axes[1].legend(loc="lower right")
    return album.keep(fig, "formal", f"The theorems in Coq about model {example}: the same proofs, by the operations of maxcert's "
                      "verifier and by the seconds that Coq's kernel takes to check them.",
                      ("proof", "family", "proof_flops", "kernel_seconds", "normalised_bound"),
                      [(p[4], p[3], p[0], p[1], p[2]) for p in points])
