#!/usr/bin/python3
"""Proves models' accuracies as theorems in Coq. Of each model: maxcert writes its weights and the theorem, Coq checks
them, an independent script compares the weights with the file, and a last Coq file states the theorem once more and
lists what it rests on, which must be what certify/formal/axioms.txt names."""
import argparse
import concurrent.futures
import csv
import functools
import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import threading
import time

import processor_time
import prove_certificates

HERE = pathlib.Path(__file__).resolve().parent
REFUSED, FAILED = 4, 5
os.environ.setdefault("OCAMLRUNPARAM", "s=1M,o=400")  # Coq's own 256 MB of young objects cost more than they save
ROOTS = {"exact": ["exact/Exact.v"], "bracket": ["bracket/Brackets.v"], "cubic": ["cubic/Cubic.v"], "subcubic": ["subcubic/Subcubic.v"],
         "float32": ["float32/Float32.v"]}
COLUMNS = ("model", "seed", "proof", "statement", "correct", "upper", "total", "weights_sha256", "seconds", "cpu_seconds", "together",
           "vo_bytes", "file_sha256", "theory_sha256", "coq")


class Failure(Exception):
    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code


def first_existing(what, *paths):
    for path in paths:
        if path and path.exists():
            return path.resolve()
    sys.exit(f"prove: {what} is in none of {', '.join(str(path) for path in paths if path)}")


def installed_or_built():
    """The program, and the folder of the theory's sources."""
    named = os.environ.get("MAXCERT")
    program = first_existing("maxcert (scripts/run builds it)", named and pathlib.Path(named), HERE.parent / "build/maxcert",
                             HERE.parents[2] / "bin/maxcert")
    return program, first_existing("the Coq theory", HERE.parent / "certify/formal", HERE.parent / "formal")


def deep_stack():
    """Coq evaluates with recursion as deep as the lists are long."""
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))


def call(*command, cwd=None):
    """Runs it; exit code, what it printed, and processor seconds."""
    return processor_time.call(*command, cwd=cwd, stderr=subprocess.STDOUT, preexec_fn=deep_stack)


class Prover:
    def __init__(self, cache, proof="exact"):
        self.maxcert, self.formal = installed_or_built()
        try:
            version = subprocess.run(["coqc", "--print-version"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            sys.exit("prove: coqc is missing; install coq, libcoq-bignums and libcoq-flocq")
        self.coq = version.split()[0]
        self.roots = ROOTS.get(proof, ["window/Windows.v"])
        sorted_by_coq = subprocess.run(["coqdep", "-R", ".", "Maxcert", "-sort", *self.roots], cwd=self.formal, capture_output=True,
                                       text=True, check=True).stdout
        paths = sorted(map(pathlib.Path, sorted_by_coq.split()), key=lambda path: path.name)
        sources = b"".join((self.formal / path).read_bytes() for path in paths)
        self.theory_sha256 = hashlib.sha256(self.coq.encode() + sources).hexdigest()
        self.allowed = {line for line in (self.formal / "axioms.txt").read_text().splitlines() if not line.startswith("#")}
        self.theory = cache.resolve()
        self.bits = {}  # by folder: the Bits.v that is compiled there, and what Coq said of it

    def compile_theory(self):
        say("compiling the theory (half a minute the first time)")
        code, printed, _ = call(self.formal / "compile", self.theory, *self.roots)
        if code:
            raise Failure(REFUSED, f"Coq refuses the theory itself:\n{printed}")

    def coqc(self, folder, module):
        return call("coqc", "-q", "-w", "none", "-R", self.theory, "Maxcert", "-Q", ".", "Model", module + ".v", cwd=folder)

    def compile_bits(self, folder):
        """Bits.v is written anew for every claim, and compiled only where it changed."""
        text = (folder / "Bits.v").read_bytes()
        if folder not in self.bits or self.bits[folder][0] != text:
            self.bits[folder] = text, self.coqc(folder, "Bits")
        return self.bits[folder][1]

    def prove(self, weights, proof, certificate, folder):
        folder.mkdir(parents=True, exist_ok=True)
        record_file = folder / f"theorem-{proof.replace('/', '-')}.json"
        file_sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        try:
            record = json.loads(record_file.read_text())
            if (record["file_sha256"], record["theory_sha256"]) == (file_sha256, self.theory_sha256) and not certificate:
                return dict(record, known=True)
        except (OSError, ValueError, KeyError):
            pass
        record_file.unlink(missing_ok=True)
        if certificate:
            claim = self.formalize(weights, proof, folder, "--certificate", certificate)
        elif proof == "exact":
            claim = self.formalize(weights, proof, folder)
        else:
            claim = self.formalize(weights, proof, folder, *self.most(weights, proof, folder))

        start, cpu = time.monotonic(), 0.0
        for module in ("Bits", claim["module"]):
            code, printed, used = self.compile_bits(folder) if module == "Bits" else self.coqc(folder, module)
            cpu += used
            if code:
                found = self.counted(folder, module)
                raise Failure(REFUSED, f"Coq refuses {folder / module}.v:\n{printed.strip()}" +
                              (f"\nCoq's own check evaluates to {found}" if found else ""))
        seconds = time.monotonic() - start
        code, printed, _ = self.same_weights(folder, weights)
        if code:
            raise Failure(REFUSED, printed.strip())
        statement = self.audit(folder, proof, claim)
        upper = {"upper": claim["upper"]} if "upper" in claim else {}
        return self.keep(record_file, folder, claim["module"], seconds, cpu, proof=proof, statement=statement,
                         correct=claim["correct"], **upper, total=claim["total"], weights_sha256=claim["weights_sha256"],
                         file_sha256=file_sha256)

    def keep(self, record_file, work, module, seconds, cpu, together=1, **theorem):
        """Writes and returns a theorem's record, beside those of its model. work: where Coq compiled Bits.v and the module, which
        proves `together` theorems."""
        model = record_file.parent.name
        seed = re.fullmatch(r"seed-(\d+)", model)
        record = {"model": model, "seed": int(seed[1]) if seed else None, **theorem, "seconds": round(seconds, 2),
                  "cpu_seconds": round(cpu, 2), "together": together,
                  "vo_bytes": sum((work / f"{name}.vo").stat().st_size for name in ("Bits", module)),
                  "theory_sha256": self.theory_sha256, "coq": self.coq}
        write(record_file, json.dumps(record, indent=1) + "\n")
        return record

    def same_weights(self, folder, weights):
        return call(self.formal / "same_weights", folder / "Bits.v", weights)

    def formalize(self, weights, proof, folder, *claimed):
        """Has maxcert write the model's files; what they claim."""
        code, printed, _ = call(self.maxcert, "formalize", "--weights", weights, "--proof", proof, "--out", folder, *claimed)
        if code:
            raise Failure(code, printed.strip())
        return json.loads(printed.splitlines()[-1])

    def most(self, weights, proof, folder):
        """The most that a proof of a bound can claim, as options of maxcert formalize: what Coq's check counts."""
        claim = self.formalize(weights, proof, folder, "--correct", 0)
        code, printed, _ = self.compile_bits(folder)
        bracket = proof == "bracket"
        counts = r"\((\d+), (\d+)\)" if bracket else r"(\d+)"
        found = None if code else re.fullmatch(rf"= Some {counts}(?:%Z)?", self.counted(folder, claim["module"]))
        if not found:
            raise Failure(REFUSED, f"Coq's check of --proof {proof} proves nothing about this model\n{printed.strip()}")
        at_most = ["--at-most", int(claim["total"]) - int(found[2])] if bracket else []
        return ["--correct", found[1], *at_most]

    def counted(self, folder, module):
        """What Coq's check itself counts, as it prints it; nothing where it does not get that far."""
        text = (folder / f"{module}.v").read_text()
        if "Definition counted" not in text:
            return ""
        (folder / "Counted.v").write_text(text[:text.index("Theorem accuracy")] + "Eval vm_compute in counted.\n")
        code, printed, _ = self.coqc(folder, "Counted")
        return "" if code else " ".join(printed.split()).split(" : ")[0]

    def audit(self, folder, proof, claim):
        """Has Coq state the theorem in the theory's words alone, and compares what it rests on with what is allowed."""
        relation = "accuracy_is" if proof == "exact" else "accuracy_at_least"
        stated, shown = f"Maxcert.Statement.{relation}", relation
        if proof == "float32":
            stated = "Maxcert.Float32Statement.float32_accuracy_at_least (Coq.Reals.Rdefinitions.IZR 4%Z) true"
            shown = "float32_accuracy_at_least 4 true"
        model = "(Maxcert.Weights.model_of Model.Bits.bits)"
        said, shown = f"{stated} {model} {claim['correct']}%Z", f"{shown} (model_of bits) {claim['correct']}"
        if proof == "bracket":
            between = f"{claim['correct']} <= a <= {claim['upper']}"
            said = f"exists a, Maxcert.Statement.accuracy_is {model} a /\\ ({between})%Z"
            shown = f"accuracy_is (model_of bits) a, {between}"
        statement = f"Maxcert.Weights.weights_sha256 Model.Bits.bits = \"{claim['weights_sha256']}\"%string /\\\n  ({said})"
        self.check_statement(folder, claim["module"], statement, f"Model.{claim['module']}.accuracy")
        return shown

    def check_statement(self, folder, module, statement, term):
        name = f"Audit_{module}"
        float32 = " Float32Statement" if "Float32Statement" in statement else ""
        (folder / f"{name}.v").write_text(f"""From Coq Require Import ZArith String.
From Maxcert Require Statement Weights{float32}.
From Model Require Bits {module}.
Definition stated :
  {statement}
  := {term}.
Print Assumptions stated.
""")
        code, printed, _ = self.coqc(folder, name)
        if code:
            raise Failure(REFUSED, f"{term} does not state what was claimed:\n{printed.strip()}")
        axioms, more = assumptions(printed)
        beyond = sorted(axioms - self.allowed) + more
        if beyond:
            raise Failure(REFUSED, f"{term} rests on more than certify/formal/axioms.txt allows: {', '.join(beyond)}")


def assumptions(printed):
    """The axioms that Print Assumptions names, and every other line that is not the continuation of a type."""
    axioms, more = set(), []
    lines = printed.splitlines()
    if lines and lines[0] == "Closed under the global context":
        return axioms, more
    if not lines or lines[0] != "Axioms:":
        more.append(lines[0] if lines else "nothing printed")
    for line in lines[1:]:
        name = re.match(r"([A-Za-z_][\w.']*)(?: :.*)?$", line)
        if name:
            axioms.add(name[1].replace("63Axioms.", "63."))
        elif not line.startswith("  "):
            more.append(line)
    return axioms, more


def write(path, text):
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    os.replace(temporary, path)


PRINTING = threading.Lock()


def say(text):
    with PRINTING:
        print(text, file=sys.stderr, flush=True)


def write_table(out):
    """theorems.csv: every theorem in the folder, whoever proved it."""
    records = [json.loads(path.read_text()) for path in sorted(out.glob("*/theorem-*.json"))]
    records.sort(key=lambda r: (r["seed"] is None, r["seed"] or 0, r["model"], r["proof"]))
    out.mkdir(parents=True, exist_ok=True)
    temporary = out / f".theorems.csv.{os.getpid()}"
    with open(temporary, "w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    os.replace(temporary, out / "theorems.csv")


def models(arguments):
    """(weights, folder) of everything asked for."""
    if arguments.results:
        config = arguments.results / "config.json"
        if not config.exists():
            sys.exit(f"prove: {config} is missing; maxcert run writes results folders")
        done = sorted(int(path.name[5:]) for path in arguments.results.glob("seed-*") if (path / "weights.safetensors").exists())
        seeds = done if arguments.seeds == "all" else [int(seed) for seed in arguments.seeds.split(",")]
        for seed in seeds:
            yield arguments.results / f"seed-{seed}/weights.safetensors", arguments.out / f"seed-{seed}"
    for weights in arguments.files:
        yield weights, arguments.out / weights.stem


def proofs(arguments, prover):
    """(weights, folder, a function that returns the theorems' records) of everything asked for. prover: of a kind of proof."""
    for weights, folder in models(arguments):
        if arguments.strategies:
            try:
                for prove in certified_proofs(arguments, prover, weights, folder):
                    yield weights, folder, prove
            except (Failure, OSError) as error:
                yield weights, folder, functools.partial(throw, error)
        else:
            yield weights, folder, lambda weights=weights, folder=folder: [
                prover(arguments.proof).prove(weights, arguments.proof, arguments.certificate, folder)]


def certified_proofs(arguments, prover, weights, folder):
    """The proofs of what the certificates beside the weights claim."""
    subcubic, one_at_a_time = [], threading.Lock()  # in one folder

    def prove_alone(proof, certificate):
        with one_at_a_time:
            return [prover(proof).prove(weights, proof, certificate, folder)]

    for record in prove_certificates.asked_for(weights.parent / "certificates.jsonl.zst", arguments.strategies.split(","), say):
        proof = prove_certificates.proof_of(record["strategy"])
        if proof == "subcubic":
            subcubic.append(record)
        else:
            yield functools.partial(prove_alone, proof, prove_certificates.write_certificate(record, folder))
    if subcubic:
        files = prove_certificates.SubcubicFiles(prover("subcubic"), weights, subcubic, folder, Failure)
        if files.unproved():
            files.compile_bits()
        for module, claims in files.files:
            yield functools.partial(files.prove, module, claims)


def throw(error):
    raise error


def parse():
    parser = argparse.ArgumentParser(
        prog="scripts/prove", description=__doc__, epilog="exit code: 0 all proved, 4 Coq refuses one, 3 a file is unreadable",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE", type=pathlib.Path, help="weights, as safetensors")
    parser.add_argument("--results", metavar="DIR", type=pathlib.Path, help="prove the models of a results folder of maxcert run")
    parser.add_argument("--seeds", metavar="LIST", default="all", help="which of them: all (default), or numbers with commas")
    parser.add_argument("--proof", metavar="P", default="exact",
                        help="exact (default), bracket: from both sides; a lower bound: window/W, window/adaptive, cubic, or float32: of all float32 "
                             "evaluations; "
                             "see maxcert help formalize")
    parser.add_argument("--strategies", metavar="LIST",
                        help="with --results: prove what these strategies' certificates claim, instead of --proof; names, groups, "
                             "paper, all and globs, with commas")
    parser.add_argument("--certificate", metavar="FILE", type=pathlib.Path, help="claim what this certificate of one FILE does")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count(), help="models side by side; default: all cores")
    parser.add_argument("--out", metavar="DIR", type=pathlib.Path,
                        help="folder for Coq files and theorems.csv; default: DIR/theorems of the results, or theorems")
    arguments = parser.parse_args()
    if not arguments.files and not arguments.results:
        parser.error("give weights files, or --results DIR")
    if arguments.certificate and (len(arguments.files) != 1 or arguments.results):
        parser.error("--certificate speaks of one FILE")
    if arguments.strategies and (arguments.files or arguments.certificate or not arguments.results):
        parser.error("--strategies goes with --results DIR, and with neither FILE nor --certificate")
    arguments.out = arguments.out or (arguments.results / "theorems" if arguments.results else pathlib.Path("theorems"))
    return arguments


def main():
    arguments = parse()
    beside_sources = (HERE.parent / "CMakeLists.txt").exists()
    cache = HERE.parent / "build/formal" if beside_sources else arguments.out / "theory"
    provers, making = {}, threading.Lock()
    codes = set()

    def prover(proof):
        with making:
            if proof not in provers:
                made = Prover(cache, proof)
                made.compile_theory()
                provers[proof] = made
            return provers[proof]

    def one(task):
        weights, folder, prove = task
        try:
            return folder.name, prove()
        except Failure as failure:
            return folder.name, failure
        except OSError as error:
            read = error.filename and pathlib.Path(error.filename).parent == weights.parent
            return folder.name, Failure(3 if read else FAILED, str(error))

    try:
        with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
            todo = [pool.submit(one, task) for task in proofs(arguments, prover)]
            for number, task in enumerate(todo, 1):
                name, found = task.result()
                if isinstance(found, Failure):
                    codes.add(found.code)
                    say(f"prove: {name}: {found}")
                    continue
                for theorem in found:
                    print(f"{name}  theorem in Coq: {theorem['statement']}, of {theorem['total']} sequences; {theorem['proof']}, "
                          f"{theorem['seconds']:.1f} s{shared(theorem)}{', known' if 'known' in theorem else ''}, "
                          f"{theorem['vo_bytes'] / 1e6:.1f} MB; axioms: classical reals, 63-bit integers", flush=True)
                if len(todo) > 1:
                    say(f"{number} of {len(todo)}")
    except Failure as failure:
        say(f"prove: {failure}")
        return failure.code
    write_table(arguments.out)
    say(f"table: {arguments.out / 'theorems.csv'}")
    return REFUSED if REFUSED in codes else max(codes, default=0)


def shared(theorem):
    return f" for {theorem['together']} together" if theorem.get("together", 1) > 1 else ""


if __name__ == "__main__":
    sys.exit(main())
