#!/usr/bin/python3
"""How proofs grow with d_vocab: trains and certifies models of several sizes, then prints a table in Markdown and
writes it as CSV, with the exponents of proof length in d_vocab that the sizes suggest, and a figure of both.

Weights and proofs of each model stay in the folder, so that a second call only adds what is missing. A model's accuracy
is the middle of what all strategies together leave possible, where that is at most a thousandth wide: brute force
counts exactly up to d_vocab = 256 within the time limit. The CSV has bounds divided by it, too."""
import argparse
import csv
import json
import pathlib
import subprocess

import matplotlib
import numpy
import pandas
import plots

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAXCERT = ROOT / "build/maxcert"
CONFIGS = [ROOT / f"configs/max-of-4{size}.cfg" for size in ("", "-v128", "-v256", "-v512")]
SUBCUBIC = "max_diff_exact/convex/exact_EQKE+max_diff_exact"
STRATEGIES = {"cubic": 3, SUBCUBIC: 2, "window/4": 2, "window/adaptive": None}  # and the exponent that theory gives


def maxcert(*words):
    done = subprocess.run([str(MAXCERT), *map(str, words)], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"maxcert {' '.join(map(str, words))} failed")
    return done.stdout


def certified(config, seed, out, strategies, options):
    """What the strategies prove of one model; trained and certified if that has not been done."""
    folder = out / config.stem
    weights, proofs = folder / f"seed-{seed}.safetensors", folder / f"seed-{seed}.json"
    if not weights.exists():
        maxcert("train", "--config", config, "--seeds", seed, "--save", folder)
    if not proofs.exists():
        text = maxcert("certify", "--weights", weights, "--strategies", strategies, "--format", "json", *options)
        proofs.write_text(text)
    rows = pandas.DataFrame(json.loads(proofs.read_text()))
    rows["seed"] = seed
    for name in ("n_ctx", "d_vocab", "d_model"):
        rows[name] = config_value(config, name)
    return rows


def config_value(config, name):
    for line in config.read_text().splitlines():
        key, _, value = line.partition("=")
        if key.strip() == name:
            return int(value)
    raise SystemExit(f"{config}: no {name}")


def accuracy_of(rows):
    """Of one model: the middle of what all its strategies leave possible."""
    total = int(rows["total"].iloc[0])
    least = max(map(int, rows["correct"]))
    most = min([total, *map(int, rows["upper"].dropna())])
    return (least + most) / 2 / total if 1000 * (most - least) <= total else numpy.nan


def table_of(rows):
    keys = ["n_ctx", "d_vocab", "d_model"]
    accuracy = rows.groupby([*keys, "seed"]).apply(accuracy_of).rename("accuracy")
    rows = rows.join(accuracy, on=[*keys, "seed"])
    rows["relative"] = rows["bound"] / rows["accuracy"]
    rows = rows[rows["strategy"].isin(list(STRATEGIES))]
    table = rows.groupby([*keys, "strategy"]).agg(
        models=("seed", "nunique"), accuracy=("accuracy", "mean"),
        bound=("bound", "mean"), relative=("relative", "mean"),
        relative_least=("relative", "min"), operations=("proof_flops", "mean"), seconds=("wall_s", "mean"))
    return table.reset_index()


def exponent(sizes, values):
    """The slope of a line through the logarithms; nothing for a single size."""
    if len(set(sizes)) < 2:
        return None
    return float(numpy.polyfit(numpy.log(sizes), numpy.log(values), 1)[0])


def accuracy_text(accuracy):
    return "unknown" if numpy.isnan(accuracy) else f"{accuracy:.5f}"


def markdown(table):
    columns = " | ".join(f"`{s}` | operations" for s in STRATEGIES)
    lines = [f"| d_vocab | d_model | models | accuracy | {columns} |",
             "|" + "---|" * (4 + 2 * len(STRATEGIES))]
    for (d_vocab, d_model), size in table.groupby(["d_vocab", "d_model"]):
        cells = [f"{d_vocab}", f"{d_model}", f"{size['models'].max()}", accuracy_text(size["accuracy"].iloc[0])]
        for strategy in STRATEGIES:
            one = size[size["strategy"] == strategy]
            cells += ["", ""] if one.empty else [f"{one['bound'].iloc[0]:.4f}", f"{one['operations'].iloc[0]:.1e}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def exponents(table):
    for strategy, theory in STRATEGIES.items():
        of = table[table["strategy"] == strategy]
        fitted = exponent(of["d_vocab"], of["operations"])
        if fitted is not None:
            yield strategy, fitted, theory


def draw(table, path):
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    for strategy in STRATEGIES:
        of = table[table["strategy"] == strategy].sort_values("d_vocab")
        left.plot(of["d_vocab"], of["bound"], marker="o", label=strategy)
        right.plot(of["d_vocab"], of["operations"], marker="o", label=strategy)
    left.set(xscale="log", xlabel="d_vocab", ylabel="proved share of all sequences", ylim=(0, 1.02))
    right.set(xscale="log", yscale="log", xlabel="d_vocab", ylabel="operations of the verifier")
    for axes in (left, right):
        plots.plain_ticks(axes, table["d_vocab"])
    left.legend(fontsize=7)
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="*", type=pathlib.Path, default=CONFIGS, metavar="CONFIG",
                        help="one for each size (default: Max-of-4 with d_vocab 64, 128, 256, 512)")
    parser.add_argument("--seeds", default="123", metavar="LIST", help="with commas (default: 123)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "results/scaling",
                        help="folder (default: results/scaling)")
    parser.add_argument("--accuracy", default="brute_force", metavar="LIST",
                        help="strategies that give the accuracy (default: brute_force)")
    parser.add_argument("--time-limit", default="120", metavar="SECONDS",
                        help="for each strategy (default: 120); what an accuracy is known to by then is used")
    parser.add_argument("--threads", default="1")
    given = parser.parse_args()
    options = ["--time-limit", given.time_limit, "--threads", given.threads]
    strategies = ",".join([*STRATEGIES, given.accuracy])
    rows = [certified(config, seed, given.out, strategies, options)
            for config in given.configs for seed in given.seeds.split(",")]
    table = table_of(pandas.concat(rows))
    table.to_csv(given.out / "scaling.csv", index=False, quoting=csv.QUOTE_MINIMAL)
    print(markdown(table))
    if table["d_vocab"].nunique() > 1:
        print("\nproof length grows like d_vocab to the power")
    for strategy, fitted, theory in exponents(table):
        print(f"  {fitted:.2f}  {strategy}" + (f" (theory: {theory}, with d_model fixed)" if theory else ""))
    draw(table, given.out / "scaling.png")
    print(f"\n{given.out / 'scaling.csv'}, {given.out / 'scaling.png'}")


if __name__ == "__main__":
    main()
