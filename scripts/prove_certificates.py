"""What scripts/prove does with --strategies: the certificates of a results folder as theorems. Strategies that share an error
option and its directions share a Coq file (certify/formal/subcubic_theorems), and so its seconds."""
import fnmatch
import hashlib
import json
import pathlib
import re
import subprocess
import time

PROOFS = {"brute_force": "exact"}  # else by its own name


def read(path):
    """The records of certificates.jsonl.zst."""
    try:
        import zstandard
    except ImportError:
        raise OSError("zstandard is missing for /usr/bin/python3; install python3-zstandard") from None
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 24).stream_reader(path.read_bytes()) as content:
            return [json.loads(line) for line in content.read().splitlines()]
    except (zstandard.ZstdError, ValueError) as error:
        raise OSError(0, f"is no list of certificates: {error}", str(path)) from None


def proof_of(strategy):
    """Which of Coq's proofs it is: subcubic for the whole family, None where there is none."""
    if strategy.count("/") == 2:
        return "subcubic"
    proof = PROOFS.get(strategy, strategy)
    return proof if re.fullmatch(r"exact|cubic|window/([1-9]\d*|adaptive)", proof) else None


def is_asked_for(record, patterns):
    """By name or glob, group, family, or as one of the paper's."""
    return any(pattern == "all" or (pattern == "paper" and record["in_paper"]) or pattern in (record["group"], record["family"]) or
               fnmatch.fnmatchcase(record["strategy"], pattern) for pattern in patterns)


def is_plain(record):
    """Whether it claims what theorems say: of the weights as they are, in real arithmetic, with no margin."""
    # What is written into Coq files must be what it seems.
    as_it_seems = all(re.fullmatch(form, str(record[key])) for key, form in
                      (("strategy", r"[\w+/]+"), ("correct", r"\d+"), ("total", r"\d+"), ("weights_sha256", "[0-9a-f]{64}")))
    return (as_it_seems and record["status"] == "done" and record["margin"] == "0" and record["semantics"] == "real" and
            record["weights_format"] == "float32" and not any(map(float, record["weight_radius"].values())))


def asked_for(path, patterns, say):
    """The records to prove; those that no theorem can state are named."""
    chosen = []
    for record in read(path):
        if not is_asked_for(record, patterns):
            continue
        if proof_of(record["strategy"]) and is_plain(record):
            chosen.append(record)
        else:
            say(f"prove: {path.parent.name}: no theorem for {record['strategy']}")
    return chosen


def fingerprint(record):
    """Of what the theorem needs of a certificate."""
    return hashlib.sha256(json.dumps([record[key] for key in ("strategy", "correct", "weights_sha256", "hints")]).encode()).hexdigest()


def known(folder, records, file_sha256, theory_sha256):
    """The theorems on disk, if all of these certificates have theirs."""
    found = []
    for record in records:
        try:
            theorem = json.loads(record_file(folder, record["strategy"]).read_text())
        except (OSError, ValueError):
            return None
        if (theorem.get("certificate_sha256"), theorem["file_sha256"], theorem["theory_sha256"]) != \
                (fingerprint(record), file_sha256, theory_sha256):
            return None
        found.append(dict(theorem, known=True))
    return found


def write_certificate(record, folder):
    """A file of its own, as subcubic_theorems and maxcert formalize read it."""
    path = folder / "certificates" / f"{record['strategy'].replace('/', '__')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path


def record_file(folder, strategy):
    return folder / f"theorem-{strategy.replace('/', '-')}.json"


class SubcubicFiles:
    """The subcubic certificates of one model: its Coq files, each with the records that it proves."""

    def __init__(self, prover, weights, records, folder, failure):
        self.prover, self.weights, self.folder, self.failure = prover, weights, folder, failure
        self.work = folder / "subcubic"
        self.file_sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.work.mkdir(parents=True, exist_ok=True)
        prover.formalize(weights, "exact", self.work, "--correct", 0)  # for its Bits.v
        (self.work / "Accuracy_exact.v").unlink()
        paths = [write_certificate(record, self.work) for record in records]
        by_name = {re.sub(r"\W", "_", record["strategy"]): record for record in records}
        done = subprocess.run([prover.formal / "subcubic_theorems", self.work, self.work / "Bits.v", *paths],
                              capture_output=True, text=True)
        if done.returncode:
            raise failure(3, done.stderr.strip())
        self.files = []
        for line in done.stdout.splitlines():
            file = pathlib.Path(line)
            names = re.findall(r"^Theorem (\w+) : accuracy_at_least", file.read_text(), re.MULTILINE)
            self.files.append((file.stem, [(name, by_name[name]) for name in names]))

    def compile_bits(self):
        for check in (lambda: self.prover.coqc(self.work, "Bits"), lambda: self.prover.same_weights(self.work, self.weights)):
            code, printed, _ = check()
            if code:
                raise self.failure(4, printed.strip())

    def unproved(self):
        """The files some of whose theorems are not on disk yet."""
        return [claims for claims in self.files if not self.known(*claims)]

    def known(self, module, claims):
        return known(self.folder, [record for _, record in claims], self.file_sha256, self.prover.theory_sha256)

    def prove(self, module, claims):
        """The theorem records of one file."""
        found = self.known(module, claims)
        if found:
            return found
        for _, record in claims:
            record_file(self.folder, record["strategy"]).unlink(missing_ok=True)
        start = time.monotonic()
        code, printed, cpu = self.prover.coqc(self.work, module)
        seconds = time.monotonic() - start
        if code:
            raise self.failure(4, f"Coq refuses {self.work / module}.v:\n{printed.strip()}")
        sha256 = claims[0][1]["weights_sha256"]
        parts = [f'Maxcert.Weights.weights_sha256 Model.Bits.bits = "{sha256}"%string']
        parts += [f"Maxcert.Statement.accuracy_at_least (Maxcert.Weights.model_of Model.Bits.bits) {record['correct']}%Z"
                  for _, record in claims]
        terms = [f"Model.{module}.{name}" for name in ("weights", *(name for name, _ in claims))]
        proof = terms[-1]
        for term in reversed(terms[:-1]):
            proof = f"(conj {term} {proof})"
        self.prover.check_statement(self.work, module, " /\\\n  ".join(parts), proof)
        return [self.prover.keep(record_file(self.folder, record["strategy"]), self.work, module, seconds, cpu, len(claims),
                                 proof=record["strategy"], correct=record["correct"], total=record["total"],
                                 statement=f"accuracy_at_least (model_of bits) {record['correct']}", weights_sha256=sha256,
                                 file_sha256=self.file_sha256, certificate_sha256=fingerprint(record)) for _, record in claims]
