"""A results folder of `maxcert run`: read once, whole or partial."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HEAD, TAIL = 16384, 4096


class BadResults(Exception):
    """The folder is none that `maxcert run` wrote."""


@dataclass
class Record:
    """One certificate without its hints: what one strategy proves of one model."""
    seed: int
    strategy: str
    status: str
    correct: int  # sequences proved right
    total: int
    upper: int | None  # sequences that may be right, if bracketed
    exact: bool
    complete: bool
    margin: str
    proof_flops: int | None
    unexplained_dimension: int | None
    figures: dict
    run: dict
    path: Path

    @property
    def bound(self):
        return self.correct / self.total

    @property
    def wall_s(self):
        return self.run.get("wall_s")


def read_certificate(path):
    """The certificate without hints. These can be long and come in the middle: skip them where possible."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        tail = file.read()
    cut, rest = head.find(b'\n "hints":'), tail.rfind(b'\n "program":')
    if cut >= 0 and rest >= 0:
        try:
            return json.loads(head[:cut] + tail[rest:])
        except ValueError:
            pass
    return json.loads(path.read_bytes())


def hints_of(record):
    return json.loads(record.path.read_bytes()).get("hints", {})


def _record(seed, path):
    c = read_certificate(path)
    whole = lambda name: None if c.get(name) is None else int(c[name])
    return Record(seed, c["strategy"], c.get("status", "done"), int(c["correct"]), int(c["total"]), whole("upper"),
                  bool(c["exact"]), bool(c.get("complete", True)), c.get("margin", "0"), whole("proof_flops"),
                  whole("unexplained_dimension"), c.get("figures") or {}, c.get("run") or {}, path)


class Results:
    """models[seed] is its model.json; records[strategy][seed] a Record that was attempted; skipped likewise."""

    def __init__(self, folder):
        self.folder = Path(folder)
        try:
            self.config = json.loads((self.folder / "config.json").read_text())
            shape = self.config["shape"]
            self.n_ctx, self.d_vocab = int(shape["n_ctx"]), int(shape["d_vocab"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadResults(f"{self.folder}/config.json: cannot be read ({error}); give the folder that "
                             "maxcert run wrote with --out") from None
        self.models, self.skipped, self.unreadable = {}, defaultdict(dict), []
        records = defaultdict(dict)
        for folder in sorted(self.folder.glob("seed-*")):
            match = re.fullmatch(r"seed-(\d+)", folder.name)
            if not match:
                continue
            seed = int(match.group(1))
            model = self._read_model(folder / "model.json")
            if model is None:
                continue
            self.models[seed] = model
            for path in sorted(folder.glob("certificates/*.json")):
                try:
                    record = _record(seed, path)
                except (ValueError, KeyError, TypeError, OSError):
                    self.unreadable.append(path)
                    continue
                where = self.skipped if record.status == "skipped" else records
                where[record.strategy][seed] = record
        self.records = dict(records)
        self.seeds = sorted(self.models)
        self.wanted = [int(s) for s in self.config.get("seeds", [])] or self.seeds
        self._reference = {}

    def _read_model(self, path):
        try:
            model = json.loads(path.read_text())
            return model if model.get("config_hash") == self.config.get("config_hash") else None
        except (OSError, ValueError, AttributeError):
            if path.exists():
                self.unreadable.append(path)
            return None

    @property
    def missing_seeds(self):
        return [s for s in self.wanted if s not in self.models]

    def missing_records(self):
        """strategy -> seeds that have a model but neither a record nor a reason for there being none."""
        missing = {}
        for strategy in sorted(set(self.records) | set(self.skipped)):
            there = self.records.get(strategy, {}).keys() | self.skipped.get(strategy, {}).keys()
            absent = [s for s in self.seeds if s not in there]
            if absent:
                missing[strategy] = absent
        return missing

    def reference(self, seed):
        """(count, exact): what bounds are divided by: the exact number of right sequences, or else the
        smallest proved upper end, which makes every normalised bound too small rather than too large."""
        if seed not in self._reference:
            records = [by_seed[seed] for by_seed in self.records.values() if seed in by_seed]
            uppers = [r.upper for r in records if r.upper is not None]
            exact = any(r.exact for r in records)
            self._reference[seed] = (min(uppers), exact) if uppers else (None, False)
        return self._reference[seed]

    def normalised(self, record):
        """The bound relative to the model's accuracy, or None without a reference."""
        count, _ = self.reference(record.seed)
        return record.correct / count if count else None

    def study(self, seed):
        return self.models[seed].get("study") or {}

    def example(self, wanted=None):
        """The model to show in detail: the wanted one, else 123, else the first."""
        if wanted is not None:
            if wanted not in self.models:
                raise BadResults(f"{self.folder}: holds no model with seed {wanted}")
            return wanted
        return 123 if 123 in self.models else self.seeds[0]
