"""The paper's published figures (data/published)."""

import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "data/published"


def _rows(name):
    with open(FOLDER / name, newline="") as file:
        return list(csv.DictReader(file))


def groups(n_ctx):
    """group -> (mean, std) of the accuracy (brute_force) or of the bound over the accuracy (the others)."""
    return {r["group"]: (float(r["mean"]), float(r["std"])) for r in _rows("groups.csv") if int(r["n_ctx"]) == n_ctx}


def proof_flops(n_ctx, d_vocab):
    """strategy -> published number of operations of its verifier; published for Max-of-4 with 64 tokens."""
    if (n_ctx, d_vocab) != (4, 64):
        return {}
    return {r["strategy"]: int(r["flops"]) for r in _rows("max-of-4-proof-flops.csv")}


def per_seed(n_ctx, d_vocab):
    """seed -> (exact correct, cubic correct), each None where it was not published."""
    if (n_ctx, d_vocab) != (4, 64):
        return {}
    number = lambda text: int(text) if text else None
    return {int(r["seed"]): (number(r["brute_force_correct"]), number(r["cubic_correct"]))
            for r in _rows("max-of-4-per-seed.csv")}
