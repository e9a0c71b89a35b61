#!/usr/bin/python3
"""Benchmarks of the whole program: medians of several runs, tables on stdout and one CSV.

Every figure comes from the program's own clock (wall_s, train_s) in fresh processes. The kernels, with naive versions
for comparison, are in tests/bench (build/tests/bench_*)."""
import argparse
import collections
import csv
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MAXCERT = str(ROOT / "build/maxcert")
GOLDEN = ROOT / "tests/golden"


def maxcert(*arguments):
    done = subprocess.run([MAXCERT, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"maxcert {' '.join(map(str, arguments))} failed:\n{done.stderr}")
    return done.stdout


def certify(weights, strategies, *options):
    return json.loads(maxcert("certify", "--weights", weights, "--strategies", strategies, "--format", "json",
                              "--progress", "none", *options))


class Bench:
    def __init__(self, runs, folder):
        self.runs, self.folder, self.rows = runs, folder, []

    def model(self, n_ctx, d_vocab=64):
        """A model of seed 123 trained at this shape, by the paper's recipe."""
        config = self.folder / f"max-of-{n_ctx}-{d_vocab}.cfg"
        weights = self.folder / config.stem / "seed-123.safetensors"
        if not weights.exists():
            text = (ROOT / "configs/max-of-4.cfg").read_text().splitlines()
            values = {"n_ctx": n_ctx, "d_vocab": d_vocab}
            lines = [f"{line.split('=')[0].strip()} = {values[line.split('=')[0].strip()]}"
                     if line.split("=")[0].strip() in values else line for line in text]
            config.write_text("\n".join(lines) + "\n")
            maxcert("train", "--config", config, "--seeds", "123", "--threads", 1, "--save", weights.parent,
                    "--progress", "none")
        return weights

    def show(self, group, what, seconds, **facts):
        middle = statistics.median(seconds)
        row = {"group": group, "what": what, "median_s": round(middle, 5), "min_s": round(min(seconds), 5),
               "runs": len(seconds), **facts}
        self.rows.append(row)
        extra = "  ".join(f"{key} {value}" for key, value in facts.items())
        print(f"{group:<12} {what:<44} {middle:>9.4f} s  (min {min(seconds):.4f}, {len(seconds)} runs)  {extra}", flush=True)

    def strategy(self, group, what, weights, strategies, *options, facts=None):
        """Median over runs of the total wall_s of the strategies in one process."""
        seconds, results = [], None
        for _ in range(self.runs):
            results = certify(weights, strategies, *options)
            seconds.append(sum(result["wall_s"] for result in results))
        self.show(group, what, seconds, **(facts(results, statistics.median(seconds)) if facts else {}))
        return results

    def training(self):
        for n_ctx in (4, 10, 20):
            config = ROOT / f"configs/max-of-{n_ctx}.cfg"
            seconds = []
            for _ in range(max(1, self.runs // 2)):
                with tempfile.TemporaryDirectory() as folder:
                    start = time.monotonic()
                    maxcert("train", "--config", config, "--seeds", "first:8", "--threads", 1, "--save", folder,
                            "--progress", "none")
                    seconds.append((time.monotonic() - start) / 8)
            self.show("train", f"K={n_ctx}, per model, batch of 8 on one core", seconds)

    def brute_force(self):
        for n_ctx in range(2, 7):
            self.strategy("brute_force", f"K={n_ctx}, one core", self.model(n_ctx), "brute_force",
                          facts=lambda results, s: {"correct": results[0]["correct"],
                                                    "sequences_per_s": f"{int(results[0]['total']) / s:.3g}"})

    def families(self):
        weights = GOLDEN / "max-of-4-golden.safetensors"
        groups = [("paper", "the paper's 102"), ("cubic", "cubic"), ("*/*/*", "all subcubic"),
                  ("window/*", "window family"), ("all", "every strategy")]
        for strategies, what in groups:
            self.strategy("strategies", f"K=4, one core: {what}", weights, strategies,
                          facts=lambda results, s: {"count": len(results), "proof_flops_per_s":
                                f"{sum(r['proof_flops'] or 0 for r in results if r['strategy'] != 'brute_force') / s:.3g}"})
        one = "max_diff_exact/convex/svd"
        filtered = self.strategy("arithmetic", f"{one}, filtered", weights, one)
        mpfr = self.strategy("arithmetic", f"{one}, mpfr everywhere", weights, one, "--arithmetic", "mpfr")
        assert filtered[0]["correct"] == mpfr[0]["correct"]

    def multiset(self):
        bracket = lambda results, s: {"bracket_width":
            f"{(int(results[0]['upper']) - int(results[0]['correct'])) / int(results[0]['total']):.2e}"}
        for n_ctx in (2, 3, 4, 5, 6, 8, 10, 16, 20, 32):
            self.strategy("multiset", f"K={n_ctx}, V=64, one core", self.model(n_ctx), "multiset", facts=bracket)
        for d_vocab in (16, 32, 64, 128):
            self.strategy("multiset", f"K=10, V={d_vocab}, one core", self.model(10, d_vocab), "multiset", facts=bracket)
        for threads in range(1, (os.cpu_count() or 1) + 1):
            self.strategy("threads", f"multiset K=10, {threads} threads", self.model(10), "multiset", "--threads", threads)
            self.strategy("threads", f"brute_force K=5, {threads} threads", self.model(5), "brute_force", "--threads", threads)

    def kernels(self):
        for path in sorted((ROOT / "build/tests").glob("bench_*")):
            if path.is_file() and os.access(path, os.X_OK):
                print(f"\n{path.name}", flush=True)
                subprocess.run([str(path), "--benchmark_color=false"], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs per figure (medians are shown)")
    parser.add_argument("--out", default="results/bench", help="folder for bench.csv and the models")
    parser.add_argument("--only", default="", help="training, brute_force, families, multiset or kernels")
    options = parser.parse_args()
    folder = pathlib.Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"machine: {cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    bench = Bench(options.runs, folder)
    for part in ("training", "brute_force", "families", "multiset", "kernels"):
        if not options.only or options.only == part:
            getattr(bench, part)()
    columns = list(collections.OrderedDict.fromkeys(key for row in bench.rows for key in row))
    with open(folder / "bench.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(bench.rows)
    print(f"figures in {folder / 'bench.csv'}")


if __name__ == "__main__":
    main()
