#!/usr/bin/python3
"""Proof against sampling at equal processor time. Of each model, every strategy that brackets the accuracy is run alone, and
half its bracket's width is set beside the standard error that the project's fastest sampler (tests/bench/sampler.cpp) has
after the same processor time: sqrt(p (1 - p) / N), N from its speed in a run of --seconds, p from the bracket. Per
n_ctx, the strategy that does best in the median is shown. Writes sampling.csv, a row a model and strategy, and a figure;
prints a table in Markdown."""
import argparse
import json
import pathlib
import sys

import matplotlib
import numpy
import pandas
import plots

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import processor_time  # noqa: E402

STRATEGIES = ("brute_force", "multiset", "convolution")


def call(*words):
    """What a command prints, and the processor time that it took."""
    code, printed, seconds = processor_time.call(*words)
    if code:
        raise SystemExit(f"sampling: {' '.join(map(str, words))} failed")
    return printed, seconds


def rows_of(weights, seconds):
    sampled = json.loads(call(ROOT / "build/tests/sampler", weights, seconds)[0])
    for strategy in STRATEGIES:
        printed, cpu = call(ROOT / "build/maxcert", "certify", "--weights", weights, "--strategies", strategy, "--threads", 1,
                            "--progress", "none", "--format", "json")
        (proof,) = json.loads(printed)
        if proof["status"] == "skipped" or proof["upper"] is None:
            continue
        total = int(proof["total"])
        low, high = int(proof["correct"]), int(proof["upper"])
        samples = sampled["samples"] / sampled["cpu_s"] * cpu
        p = (low + high) / 2 / total
        yield {"model": weights.stem, "n_ctx": proof["n_ctx"], "d_vocab": proof["d_vocab"], "strategy": strategy,
               "accuracy": p, "half_width": (high - low) / 2 / total, "standard_error": (p * (1 - p) / samples) ** 0.5,
               "samples": round(samples), "cpu_s": cpu}


def best(of_size):
    """The rows of the strategy whose half width is smallest, in the median, beside the sampler's error in the same time."""
    ratios = of_size.groupby("strategy")["ratio"].median()
    fastest = of_size.groupby("strategy")["cpu_s"].median()
    return of_size[of_size["strategy"] == min(ratios.index, key=lambda name: (ratios[name], fastest[name]))]


def text(value):
    return "0 (exact)" if value == 0 else f"{value:.1e}"


def markdown(sizes):
    lines = ["| n_ctx | d_vocab | models | strategy | processor time, s | half the width | standard error | half / error | "
             "proof is closer |", "|---|---|---|---|---|---|---|---|---|"]
    for (n_ctx, d_vocab), rows in sizes:
        middle = rows.median(numeric_only=True)
        lines.append(f"| {n_ctx} | {d_vocab} | {len(rows)} | `{rows['strategy'].iloc[0]}` | {middle['cpu_s']:.2f} | "
                     f"{text(middle['half_width'])} | {text(middle['standard_error'])} | {middle['ratio']:.2g} | "
                     f"{(rows['ratio'] < 1).sum()} of {len(rows)} |")
    return "\n".join(lines)


def draw(sizes, path):
    figure, axes = pyplot.subplots(figsize=(6, 4), constrained_layout=True)
    rows = pandas.concat(rows for _, rows in sizes)
    floor = rows["half_width"][rows["half_width"] > 0].min() / 10
    for column, label, colour, shift in (("half_width", "proof: half the bracket's width", "#0072B2", 0.985),
                                         ("standard_error", "sampling: standard error in the same time", "#D55E00", 1.015)):
        axes.plot(rows["n_ctx"] * shift, numpy.maximum(rows[column], floor), ".", color=colour, alpha=0.5)
        medians = rows.groupby("n_ctx")[column].median()
        axes.plot(medians.index, numpy.maximum(medians, floor), "_-", color=colour, ms=14, label=label)
    axes.axhline(floor, color="#888888", lw=0.6)
    axes.text(rows["n_ctx"].max(), floor, "exact", ha="right", va="bottom", color="#555555")
    axes.set(xscale="log", yscale="log", xlabel="n_ctx", ylabel="of the accuracy")
    plots.plain_ticks(axes, rows["n_ctx"])
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", type=pathlib.Path, metavar="FILE", help="models, as maxcert train saves them")
    parser.add_argument("--seconds", type=float, default=1, help="for which the sampler's speed is measured (default: 1)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "results/sampling", help="folder (default: results/sampling)")
    given = parser.parse_args()
    table = pandas.DataFrame([row for weights in given.weights for row in rows_of(weights, given.seconds)])
    if table.empty:
        raise SystemExit("sampling: no strategy brackets the accuracy of these models")
    table["ratio"] = table["half_width"] / table["standard_error"]
    given.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(given.out / "sampling.csv", index=False)
    sizes = [(size, best(rows)) for size, rows in table.groupby(["n_ctx", "d_vocab"])]
    print(markdown(sizes))
    draw(sizes, given.out / "sampling.png")
    print(f"\n{given.out / 'sampling.csv'}, {given.out / 'sampling.png'}")


if __name__ == "__main__":
    main()
