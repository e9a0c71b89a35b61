#!/usr/bin/python3
"""The README's table of speed is made from what scripts/bench wrote, row by row, and put in its place alone."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/measure"))
import speed_table  # noqa: E402


def rows():
    """As csv.DictReader gives them: texts, empty where a row has no such column."""
    made = [{"group": "machine", "what": "Some Processor, 2 cores"},
            {"group": "run", "what": speed_table.PIPELINE.format(1), "median_s": "2"},
            {"group": "run", "what": speed_table.PIPELINE.format(2), "median_s": "1"},
            {"group": "train", "what": "K=4, per model, 8 together on one core", "median_s": "9", "processor_s": "0.2468"},
            {"group": "strategies", "what": "K=4, one core: the paper's 102", "median_s": "0.111"},
            {"group": "strategies", "what": "K=4, one core: every strategy", "median_s": "0.555"},
            {"group": "ratio", "what": speed_table.OF_TRAINING, "ratio": "2.06", "step_s": "0.0000777"}]
    for n, name in enumerate(speed_table.SPEEDUPS.values()):
        made.append({"group": "ratio", "what": name, "ratio": str(100 + 10 * n)})
    for n in (4, 5, 6):
        made += [{"group": "brute_force", "what": f"K={n}, one core", "median_s": f"0.00{n}"},
                 {"group": "multiset", "what": f"K={n}, V=64, one core", "median_s": f"0.{n}"},
                 {"group": "ratio", "what": f"brute force K={n}: that limit / exact proof, which skips",
                  "ratio": str(1000 * n), "limit_s": f"{n}.04"}]
    return made


class SpeedTable(unittest.TestCase):
    def test_figures_are_those_measured(self):
        made = speed_table.table(speed_table.Measured(rows()))
        for line in ("one core of: Some Processor, 2 cores.", "(2 cores, minutes) | 2.5 |", "8 together) | 0.25 |",
                     "K=4 / 5 / 6 | 0.004 / 0.005 / 0.006 |", "102 strategies, search and check | 0.11 |",
                     "every strategy, search and check | 0.56 |", "exactly, K=4 / 5 / 6 | 0.4 / 0.5 / 0.6 |",
                     "K=4 | 78, 2.1 |", "throughput, K=4 / 5 / 6 | 4 / 5 / 6 |", "K=4 / 5 / 6 | 4,000 / 5,000 / 6,000 |",
                     "one sequence at a time | 110 |", "against MPFR everywhere | 120 |"):
            self.assertIn(line, made)

    def test_a_row_that_was_not_measured_is_named(self):
        for left_out in rows():
            if left_out["group"] in ("machine", "run"):
                continue
            rest = [row for row in rows() if row != left_out]
            with self.assertRaisesRegex(speed_table.Missing, f"group {left_out['group']}"):
                speed_table.table(speed_table.Measured(rest))

    def test_only_its_place_is_written(self):
        text = f"before\n{speed_table.BEGIN}old\n{speed_table.END}after\n"
        self.assertEqual(speed_table.with_table(text, "new\n"), text.replace("old", "new"))
        with self.assertRaises(speed_table.Missing):
            speed_table.with_table("no place\n", "new\n")

    def test_the_readme_has_the_place(self):
        speed_table.with_table((ROOT / "README.md").read_text(), "")


if __name__ == "__main__":
    unittest.main()
