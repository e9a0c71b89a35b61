#!/usr/bin/python3
"""Includes run one way: data, arithmetic and model know no proof family, a shared theorem knows no family that uses it, and
no family knows another."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = {"terms", "qk"}  # theorems that several families use
FAMILIES = {path.name for path in (ROOT / "certify/strategies").iterdir() if path.is_dir()} - SHARED
ABOVE = ("certify/study/", "certify/failures/", "certify/formalize/", "certify/cli/", "train/")


def includes():
    """(file, what it includes), for every file of certify/ and data/."""
    for folder in ("certify", "data"):
        for path in sorted((ROOT / folder).rglob("*.?pp")):
            for target in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
                yield str(path.relative_to(ROOT)), target


def family(name):
    """The proof family that a file belongs to, or none."""
    found = re.match(r"certify/strategies/(\w+)/", name)
    return found.group(1) if found and found.group(1) in FAMILIES else None


def breaks(name, target):
    """Whether this include runs the wrong way."""
    if name.startswith("data/"):
        return not target.startswith("data/")
    if re.match(r"certify/(arithmetic|model)/", name):
        return not re.match(r"data/|certify/(arithmetic|model)/", target)
    if re.match(r"certify/(proof|strategies)/", name) and target.startswith(ABOVE):
        return True
    if family(name):
        return family(target) not in (None, family(name))
    return name.startswith("certify/strategies/") and family(target) is not None


class Layers(unittest.TestCase):
    def test_includes_run_one_way(self):
        pairs = list(includes())
        self.assertGreater(len(pairs), 300)
        self.assertEqual([f"{name} includes {target}" for name, target in pairs if breaks(name, target)], [])

    def test_wrong_ones_would_be_seen(self):
        for name, target in (("certify/strategies/terms/decision.hpp", "certify/strategies/brute_force/walk.hpp"),
                             ("certify/strategies/bracket/plan.cpp", "certify/strategies/brute_force/walk.hpp"),
                             ("certify/model/path_tables.hpp", "certify/strategies/subcubic/logit_bounds.hpp"),
                             ("certify/proof/certificate.cpp", "certify/study/study.hpp"),
                             ("data/results/record.hpp", "certify/proof/claim.hpp")):
            self.assertTrue(breaks(name, target), f"{name} {target}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
