#!/usr/bin/python3
"""The table under "Speed" in README.md, made from what scripts/bench measured: no figure in it is typed by hand.

    scripts/bench                     # on a machine with nothing else to do
    scripts/measure/speed_table.py            # shows the table
    scripts/measure/speed_table.py --write    # puts it into README.md, between the two comments that name this script
"""
import argparse
import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- scripts/measure/speed_table.py writes from here -->\n", "<!-- to here -->\n"
PIPELINE = "K=4, per model: train, every strategy, study, {} threads"
OF_TRAINING = "training K=4: fused step / its floating operations at the measured peak"
SPEEDUPS = {  # rows of the group "ratio", as scripts/measure/bench.py names them
    "brute force, against a scalar enumeration": "brute force K=4: scalar enumeration / exact proof, tables and rigour included",
    "a training step, against autograd one sequence at a time": "training K=4: autograd one sequence at a time / fused step",
    "cubic and subcubic strategies, against MPFR everywhere":
        "all cubic and subcubic/K=4: MPFR everywhere / double intervals first"}


class Missing(Exception):
    """The file lacks a row that the table needs."""


class Measured:
    """Rows of bench.csv by group and name."""

    def __init__(self, rows):
        self.rows = {(row["group"], row["what"]): row for row in rows}

    def row(self, group, what):
        if (group, what) not in self.rows:
            raise Missing(f"no row with group {group} and what {what}: run scripts/bench without --only")
        return self.rows[group, what]

    def seconds(self, group, what, column="median_s"):
        return float(self.row(group, what)[column])

    def machine(self):
        return next((row["what"] for (group, _), row in self.rows.items() if group == "machine"), "unknown machine")

    def cores(self):
        """The most that the whole run was measured on."""
        return max((n for n in range(1, 1025) if ("run", PIPELINE.format(n)) in self.rows), default=1)


def short(value):
    """Two significant digits, without an exponent."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def of_shapes(measured, group, name):
    return " / ".join(short(measured.seconds(group, name.format(n_ctx))) for n_ctx in (4, 5, 6))


def table(measured):
    cores = measured.cores()
    minutes = 151 * measured.seconds("run", PIPELINE.format(cores)) / 60
    rows = [
        (f"151 models: training, every strategy, study ({cores} cores, minutes)", short(minutes)),
        ("training a model, K=4 (processor time; 8 together)",
         short(measured.seconds("train", "K=4, per model, 8 together on one core", "processor_s"))),
        ("brute force, tables and rigour included, K=4 / 5 / 6", of_shapes(measured, "brute_force", "K={}, one core")),
        ("the paper's 102 strategies, search and check", short(measured.seconds("strategies", "K=4, one core: the paper's 102"))),
        ("every strategy, search and check", short(measured.seconds("strategies", "K=4, one core: every strategy"))),
        ("`multiset` exactly, K=4 / 5 / 6", of_shapes(measured, "multiset", "K={}, V=64, one core"))]
    limits = [(n, measured.row("ratio", f"brute force K={n}: that limit / exact proof, which skips")) for n in (4, 5, 6)]
    rows.append(("a training step (microseconds), and as a multiple of what its floating operations take at the peak, K=4",
                 f"{short(1e6 * measured.seconds('ratio', OF_TRAINING, 'step_s'))}, {short(measured.seconds('ratio', OF_TRAINING, 'ratio'))}"))
    rows.append(("comparing the logits of each sequence, 63 times, at the vector units' throughput, K=4 / 5 / 6",
                 " / ".join(short(float(row["limit_s"])) for _, row in limits)))
    lines = [f"Measured by `scripts/bench` on one core of: {measured.machine()}.", "", "| | seconds |", "|---|---|"]
    lines += [f"| {what} | {figure} |" for what, figure in rows]
    lines += ["", "| | times faster |", "|---|---|"]
    lines.append("| brute force, against that limit, K=4 / 5 / 6 | "
                 + " / ".join(short(float(row["ratio"])) for _, row in limits) + " |")
    lines += [f"| {what} | {short(float(measured.row('ratio', name)['ratio']))} |" for what, name in SPEEDUPS.items()]
    return "\n".join(lines) + "\n"


def with_table(text, made):
    """The README with the table in its place."""
    before, found, rest = text.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found or not found_end:
        raise Missing("README.md: the comments that mark the place of the table are gone")
    return before + BEGIN + made + END + after


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", nargs="?", default=ROOT / "results/bench/bench.csv", help="what scripts/bench wrote")
    parser.add_argument("--write", action="store_true", help="into README.md")
    options = parser.parse_args()
    readme = ROOT / "README.md"
    try:
        with open(options.csv, newline="") as file:
            made = table(Measured(csv.DictReader(file)))
        if options.write:
            readme.write_text(with_table(readme.read_text(), made))
        else:
            print(made, end="")
    except (OSError, Missing) as error:
        sys.exit(f"speed_table: {error}")


if __name__ == "__main__":
    main()
