"""A results folder of `maxcert run`: read once, whole or partial."""

import io
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from sys import intern

import zstandard

from groups import FAMILIES, GROUPS
from theorems import Theorems

LAYOUT = 2  # of results folders, as data/results/folder.cpp writes it


class BadResults(Exception):
    """The folder is none that `maxcert run` wrote."""


@dataclass(slots=True)
class Record:
    """One certificate without its hints: what one strategy proves of one model. There may be a million: nothing is kept that the
    report does not show, and equal texts once."""
    seed: int
    strategy: str
    family: str  # brute_force, cubic, subcubic, convex, centred, window, multiset or convolution
    group: str  # a row of the paper's table (data/published/groups.csv), or none of them
    in_paper: bool
    status: str
    correct: int  # sequences proved right
    total: int
    upper: int | None  # sequences that may be right, if bracketed
    exact: bool
    complete: bool
    margin: str
    proof_flops: int | None
    unexplained_dimension: int | None
    err_max: float | None  # the largest bound on the noise of a row of QK
    sigma_ratio: float | None
    wall_s: float | None
    host: str | None
    threads: int | None
    date: str | None
    path: Path  # of the file of its seed

    @property
    def bound(self):
        return self.correct / self.total


def _lines(path):
    """The certificates of a seed, a line each; in pieces, so that their memory is used again."""
    # The frame says its size where it was made in one piece; the reader does without.
    with open(path, "rb") as file, zstandard.ZstdDecompressor(max_window_size=1 << 24).stream_reader(file) as content:
        yield from io.BufferedReader(content, 1 << 18)


def without_hints(line):
    """The certificate of a line, without its hints: these are long, and come last. Where these bytes are the key of an
    inner object, what is before them is no JSON."""
    cut = line.find(b',"hints":{')
    if cut >= 0:
        try:
            return json.loads(line[:cut] + b"}")
        except ValueError:
            pass
    return {key: value for key, value in json.loads(line).items() if key != "hints"}


def hints_of(record):
    for line in _lines(record.path):
        if json.loads(line)["strategy"] == record.strategy:
            return json.loads(line)["hints"]
    return {}


def _record(seed, line, path):
    c = without_hints(line)
    whole = lambda name: None if c.get(name) is None else int(c[name])
    run = c["run"]
    figures = run.get("figures") or {}
    return Record(seed, intern(c["strategy"]), intern(c["family"]), intern(c["group"]), bool(c["in_paper"]), intern(c["status"]),
                  int(c["correct"]), int(c["total"]), whole("upper"), bool(c["exact"]), bool(run.get("complete", True)),
                  intern(c["margin"]), whole("proof_flops"), whole("unexplained_dimension"), figures.get("err_max"),
                  figures.get("sigma_ratio"), run.get("wall_s"), intern(run.get("host") or ""), run.get("threads"),
                  str(run["date"]) if run.get("date") else None, path)


class Results:
    """models[seed] is its model.json; records[strategy][seed] a Record that was attempted; skipped likewise; theorems what
    Coq proved of them. theorems: the folder or the table that scripts/prove wrote; default: `theorems` in the results folder."""

    def __init__(self, folder, theorems=None):
        self.folder = Path(folder)
        if theorems and not Path(theorems).exists():
            raise BadResults(f"{theorems}: does not exist; give --theorems the folder or the table that scripts/prove --out wrote")
        try:
            self.config = json.loads((self.folder / "config.json").read_text())
            shape = self.config["shape"]
            self.n_ctx, self.d_vocab = int(shape["n_ctx"]), int(shape["d_vocab"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadResults(f"{self.folder}/config.json: cannot be read ({error}); give the folder that "
                             "maxcert run wrote with --out") from None
        if self.config.get("layout") != LAYOUT:
            raise BadResults(f"{self.folder}/config.json: layout: the folder was written by another version, with "
                             "certificates kept in another way; run into another --out")
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
            path = folder / "certificates.jsonl.zst"
            try:
                lines = list(_lines(path)) if path.exists() else []
            except (OSError, zstandard.ZstdError):
                self.unreadable.append(path)
                continue
            for line in lines:
                try:
                    record = _record(seed, line, path)
                except (ValueError, KeyError, TypeError, AttributeError):
                    self.unreadable.append(path)
                    continue
                where = self.skipped if record.status == "skipped" else records
                where[record.strategy][seed] = record
        self.records = dict(records)
        # strategy -> a record of it, for what all have in common: family, group, whether it is the paper's
        self.kinds = {name: next(iter(by_seed.values())) for name, by_seed in {**self.skipped, **self.records}.items()}
        self.seeds = sorted(self.models)
        self.wanted = [int(s) for s in self.config.get("seeds", [])] or self.seeds
        self._reference, self._normalised = {}, {}
        self.theorems = Theorems(Path(theorems or self.folder / "theorems"),
                                 {seed: model.get("weights_sha256") for seed, model in self.models.items()})
        self.unreadable += self.theorems.unreadable

    def _read_model(self, path):
        try:
            model = json.loads(path.read_text())
            return model if model.get("config_hash") == self.config.get("config_hash") else None
        except (OSError, ValueError, AttributeError):
            if path.exists():
                self.unreadable.append(path)
            return None

    def family(self, strategy):
        """Key of groups.FAMILIES."""
        name = self.kinds[strategy].family
        return name if name in FAMILIES else "other"

    def in_paper(self, strategy):
        return self.kinds[strategy].in_paper

    def group(self, strategy):
        """Key of the row of the paper's table that a strategy belongs to, or would if it were the paper's; or None."""
        name = self.kinds[strategy].group
        return name if name in GROUPS else None

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

    def normalised_bounds(self, strategy):
        """seed -> the bound relative to the model's accuracy, for the models with a reference; made once."""
        if strategy not in self._normalised:
            made = self._normalised[strategy] = {}
            for seed, record in self.records.get(strategy, {}).items():
                count, _ = self.reference(seed)
                if count:
                    made[seed] = record.correct / count
        return self._normalised[strategy]

    def normalised(self, record):
        """The bound relative to the model's accuracy, or None without a reference."""
        return self.normalised_bounds(record.strategy).get(record.seed)

    def study(self, seed):
        return self.models[seed].get("study") or {}

    def example(self, wanted=None):
        """The model to show in detail: the wanted one, else 123, else the first."""
        if wanted is not None:
            if wanted not in self.models:
                raise BadResults(f"{self.folder}: holds no model with seed {wanted}")
            return wanted
        return 123 if 123 in self.models else self.seeds[0]
