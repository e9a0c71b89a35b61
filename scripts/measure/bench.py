#!/usr/bin/python3
"""Benchmarks: medians of several runs, tables on stdout and one CSV.

Proofs are timed by the program's own clock (wall_s), everything else by the wall clock and by the processor time of
the processes, which says more on a busy machine. The kernels and the naive versions they are compared with are in
tests/bench (build/tests/bench_*). What takes seconds is run three times at most. scripts/measure/speed_table.py makes the
README's table of the CSV."""
import argparse
import collections
import csv
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
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


FEW, ENOUGH_S = 3, 3  # more runs than these few only until they took this long
PARTS = ("training", "pipeline", "brute_force", "families", "multiset", "kernels")
SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    def __init__(self, runs, folder):
        self.runs, self.folder, self.rows = runs, folder, []

    def repeat(self, work):
        """What work() returns, by run."""
        start, found = time.monotonic(), []
        while len(found) < min(FEW, self.runs) or (len(found) < self.runs and time.monotonic() - start < ENOUGH_S):
            found.append(work())
        return found

    def timed(self, *arguments):
        """Wall and processor time of one run of the program."""
        start, before = time.monotonic(), processor_time()
        maxcert(*arguments)
        return time.monotonic() - start, processor_time() - before

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

    def show(self, group, what, seconds, runs=None, **facts):
        middle = statistics.median(seconds)
        row = {"group": group, "what": what, "median_s": float(f"{middle:.4g}"), "min_s": float(f"{min(seconds):.4g}"),
               "runs": runs or len(seconds), **facts}
        self.rows.append(row)
        extra = "  ".join(f"{key} {value}" for key, value in facts.items())
        print(f"{group:<12} {what:<44} {middle:>9.4g} s  (min {min(seconds):.4g}, {runs or len(seconds)} runs)  {extra}", flush=True)

    def ratio(self, what, value, **facts):
        self.rows.append({"group": "ratio", "what": what, "ratio": round(value, 2), **facts})
        print(f"{'ratio':<12} {what:<70} {value:>9.3g}", flush=True)

    def strategy(self, group, what, weights, strategies, *options, facts=None):
        """The total wall_s of the strategies in one process."""
        found = self.repeat(lambda: certify(weights, strategies, *options))
        seconds = [sum(result["wall_s"] for result in results) for results in found]
        self.show(group, what, seconds, **(facts(found[-1], statistics.median(seconds)) if facts else {}))
        return found[-1]

    def whole(self, group, what, share, *arguments):
        """Commands that write into a folder; per `share` of the work."""
        def once():
            with tempfile.TemporaryDirectory() as folder:
                return self.timed(*arguments, folder, "--progress", "none")
        found = self.repeat(once)
        wall = [seconds / share for seconds, _ in found]
        used = statistics.median(used for _, used in found) / share
        self.show(group, what, wall, processor_s=round(used, 4))
        return statistics.median(wall), used

    def training(self):
        for n_ctx in (4, 10, 20):
            self.whole("train", f"K={n_ctx}, per model, 8 together on one core", 8, "train", "--config",
                       ROOT / f"configs/max-of-{n_ctx}.cfg", "--seeds", "first:8", "--threads", 1, "--save")

    def pipeline(self):
        """Models other than the example, of which the study looks at every sequence."""
        seeds = [seed for seed in maxcert("seeds", "--config", ROOT / "configs/max-of-4.cfg").split() if seed.isdigit()]
        some = ",".join([seed for seed in seeds if seed != "123"][:8])
        for threads in range(1, (os.cpu_count() or 1) + 1):
            wall, used = self.whole("run", f"K=4, per model: train, every strategy, study, {threads} threads", 8, "run",
                              "--config", ROOT / "configs/max-of-4.cfg", "--seeds", some, "--strategies", "all",
                              "--threads", threads, "--out")
            print(f"{'':<12} so 151 models take {151 * wall / 60:.1f} minutes; "
                  f"{151 * used / threads / 60:.1f} if these processors had nothing else to do")

    def brute_force(self):
        for n_ctx in range(2, 7):
            self.strategy("brute_force", f"K={n_ctx}, one core", self.model(n_ctx), "brute_force",
                          facts=lambda results, s: {"correct": results[0]["correct"],
                                                    "sequences_per_s": f"{int(results[0]['total']) / s:.3g}"})
        for d_vocab in (16, 32, 128):
            self.strategy("brute_force", f"K=4, V={d_vocab}, one core", self.model(4, d_vocab), "brute_force")

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
        for d_vocab in (16, 32, 128):
            self.strategy("multiset", f"K=10, V={d_vocab}, one core", self.model(10, d_vocab), "multiset", facts=bracket)
        for threads in range(1, (os.cpu_count() or 1) + 1):
            self.strategy("threads", f"multiset K=10, {threads} threads", self.model(10), "multiset", "--threads", threads)
            self.strategy("threads", f"brute_force K=5, {threads} threads", self.model(5), "brute_force", "--threads", threads)

    def kernels(self):
        """Google Benchmark's medians of processor time, and what they mean side by side."""
        found = {}
        for path in sorted((ROOT / "build/tests").glob("bench_*")):
            if not (path.is_file() and os.access(path, os.X_OK)):
                continue
            done = subprocess.run([str(path), "--benchmark_format=json", "--benchmark_repetitions=3",
                                   "--benchmark_min_time=0.02", "--benchmark_report_aggregates_only=true"],
                                  check=True, capture_output=True, text=True)
            for one in json.loads(done.stdout)["benchmarks"]:
                if one.get("aggregate_name") != "median" or "cpu_time" not in one:
                    continue
                one["seconds"] = one["cpu_time"] * SECONDS[one["time_unit"]]
                one["run_name"] = one["run_name"].split("/min_time:")[0]
                found[one["run_name"]] = one
                label = one.get("label", "")
                self.show(path.name.replace("bench_", ""), one["run_name"], [one["seconds"]], one["repetitions"],
                          **({"label": label} if label else {}))
        per = lambda name, work=1: found[name]["seconds"] / work
        if "whole_proof/4" in found:
            self.ratio("brute force K=4: scalar enumeration / exact proof, tables and rigour included",
                       per("scalar_enumeration") * 64 / per("whole_proof/4"))
            for n_ctx in (4, 5, 6):
                limit = found["compares/0"][f"limit K={n_ctx} s"]
                print(f"{'':<12} K={n_ctx}: 63 compares a sequence at the measured throughput of vectors take {limit:.4g} s")
                self.ratio(f"brute force K={n_ctx}: that limit / exact proof, which skips",
                           limit / per(f"whole_proof/{n_ctx}"), limit_s=float(f"{limit:.4g}"))
        if "fused/4" in found:
            self.ratio("training K=4: autograd one sequence at a time / fused step", per("per_sample/4") / per("fused/4"))
            self.ratio("training K=4: batched autograd / fused step", per("autograd/4") / per("fused/4"))
            step, peak = per("fused/4"), found["peak"]["items_per_second"]
            self.ratio("training K=4: fused step / its floating operations at the measured peak",
                       step * peak / found["fused/4"]["operations"], step_s=float(f"{step:.4g}"), peak_flops=f"{peak:.4g}")
        for name, one in found.items():
            if name.endswith("/mpfr"):
                self.ratio(f"{name.rsplit('/', 1)[0]}: MPFR everywhere / double intervals first",
                           one["seconds"] / per(name.replace("/mpfr", "/filtered")))

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs per figure (medians are shown)")
    parser.add_argument("--out", default="results/bench", help="folder for bench.csv and the models")
    parser.add_argument("--only", default="", help="parts, with commas: " + ", ".join(PARTS))
    options = parser.parse_args()
    folder = pathlib.Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"machine: {cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    bench = Bench(options.runs, folder)
    bench.rows.append({"group": "machine", "what": f"{cpu}, {os.cpu_count()} cores"})
    for part in PARTS:
        if not options.only or part in options.only.split(","):
            getattr(bench, part)()
    columns = list(collections.OrderedDict.fromkeys(key for row in bench.rows for key in row))
    with open(folder / "bench.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(bench.rows)
    print(f"figures in {folder / 'bench.csv'}")


if __name__ == "__main__":
    main()
