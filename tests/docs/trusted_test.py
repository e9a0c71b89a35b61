#!/usr/bin/python3
"""What an accepted certificate rests on: no search, no Eigen, no LibTorch, and no more lines than SOUNDNESS.md says."""
import importlib.machinery
import importlib.util
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("trusted", str(ROOT / "scripts/trusted"))
trusted = importlib.util.module_from_spec(importlib.util.spec_from_loader("trusted", LOADER))
LOADER.exec_module(trusted)

SEARCH = re.compile(r"/(strategy|\w*search|directions|singular|hint_writer|plan_json|prover|registry)\.[ch]pp$|^certify/(study|failures|formalize)/|^train/")
LIBRARIES = re.compile(r'^#include <(Eigen|torch|ATen|c10)/', re.M)


class Trusted(unittest.TestCase):
    def test_checks_are_made_of_checks(self):
        for name in trusted.program_files():
            self.assertIsNone(SEARCH.search(name), f"maxcert-verify is made of {name}")
            self.assertIsNone(LIBRARIES.search((ROOT / name).read_text()), name)

    def test_a_search_would_be_seen(self):
        files = trusted.closure(["certify/strategies/subcubic/strategy.cpp"])
        self.assertTrue(any(SEARCH.search(name) for name in files))
        self.assertTrue(any(LIBRARIES.search((ROOT / name).read_text()) for name in files))

    def test_soundness_says_how_much(self):
        rows = dict(re.findall(r"^\| `(\S+)` +\| +([\d,]+) \|", (ROOT / "certify/SOUNDNESS.md").read_text(), re.M))
        self.assertEqual(set(rows), {*trusted.FAMILIES, trusted.PROGRAM})
        for name, limit in rows.items():
            files = trusted.program_files() if name == trusted.PROGRAM else trusted.family_files(name)
            lines, most = trusted.lines(files)[0], int(limit.replace(",", ""))
            self.assertLessEqual(lines, most, f"{name}: SOUNDNESS promises at most {most} lines")
            self.assertGreater(lines, 0.9 * most, f"{name}: SOUNDNESS can promise fewer lines")

    def test_the_program_links_no_more(self):
        if len(sys.argv) < 2:
            self.skipTest("no maxcert-verify given")
        libraries = subprocess.run(["ldd", sys.argv[1]], capture_output=True, text=True, check=True).stdout
        self.assertIn("libmpfr", libraries)
        self.assertNotRegex(libraries, r"lib(torch|c10|openblas|blas|lapack)|maxcert_train")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
