"""Theorems in Coq about the models of a results folder, as scripts/prove leaves them: read and matched with the models."""

import csv
import json
from dataclasses import dataclass

STRATEGY = {"exact": "brute_force"}  # the strategy that proves the same; else it has the proof's name


@dataclass
class Theorem:
    """What Coq's kernel accepted of one model."""
    seed: int
    proof: str  # exact, cubic, window/W, float32, or a subcubic strategy
    statement: str
    correct: int
    seconds: float  # of Coq's processor time; of those proved together, an equal share
    vo_bytes: int  # of the compiled weights and proof
    weights_sha256: str

    @property
    def exact(self):
        return self.statement.startswith("accuracy_is ")

    @property
    def strategy(self):
        return STRATEGY.get(self.proof, self.proof)

    @property
    def of_real_arithmetic(self):
        return self.statement.startswith(("accuracy_is ", "accuracy_at_least "))


def _theorem(fields):
    """Of a record, or of a row of theorems.csv; None for a model that is not one of a results folder."""
    seed = fields["seed"]
    if seed in (None, ""):
        return None
    return Theorem(int(seed), fields["proof"], fields["statement"], int(fields["correct"]),
                   float(fields["cpu_seconds"]) / int(fields["together"]), int(fields["vo_bytes"]), fields["weights_sha256"])


def _records(where):
    """Pairs of a file and the fields of each theorem in it: of a table, or of a folder's single records, or else of its table."""
    singles = sorted(where.glob("*/theorem-*.json"))
    for path in singles:
        yield path, path.read_text()
    table = where / "theorems.csv" if where.is_dir() else where
    if not singles and table.exists():
        with open(table, newline="") as file:
            for row in csv.DictReader(file):
                yield table, json.dumps(row)


class Theorems:
    """of[seed]: the theorems about that model's weights, the largest count first. hashes: of the models' weights, by seed.
    foreign: seeds of theorems that are about other weights; unreadable: files."""

    def __init__(self, where, hashes):
        self.of, foreign, unreadable = {}, set(), set()
        for path, text in _records(where):
            try:
                theorem = _theorem(json.loads(text))
            except (ValueError, KeyError, TypeError, ZeroDivisionError):
                unreadable.add(path)
                continue
            if theorem is None or theorem.seed not in hashes:
                continue
            if theorem.weights_sha256 == hashes[theorem.seed]:
                self.of.setdefault(theorem.seed, []).append(theorem)
            else:
                foreign.add(theorem.seed)
        for theorems in self.of.values():
            theorems.sort(key=lambda t: (-t.correct, t.seconds, t.proof))
        self.foreign, self.unreadable = sorted(foreign), sorted(unreadable)

    def best(self, seed):
        """Of real arithmetic: the exact count if there is one, else the largest lower bound; None without."""
        found = [t for t in self.of.get(seed, []) if t.of_real_arithmetic]
        return max(found, key=lambda t: (t.exact, t.correct), default=None)

    @property
    def all(self):
        return [t for theorems in self.of.values() for t in theorems]
