#!/usr/bin/python3
"""maxcert-verify, the program that holds nothing but checks, accepts and rejects what `maxcert verify` does, in the
same words: for certificates of every family as they are and with other counts or hints, and for one of them changed in
every field.

Usage: tampered_test.py MAXCERT MAXCERT_VERIFY
"""
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

MAXCERT, VERIFY = (str(pathlib.Path(sys.argv.pop(1)).resolve()) for _ in range(2))
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
TRAP = str(GOLDEN / "mean-diff-trap.safetensors")
OTHER = str(GOLDEN / "denormal.safetensors")
STRATEGIES = ("brute_force", "cubic", "convolution", "window/adaptive/svd", "max_diff_exact/convex/svd")
MAY_BE_TRUE = ("margin", "max_bits", "hints")  # a larger margin or precision may do as well, and so may other hints
ACCEPTED, REFUSED, REJECTED = 0, 3, 4


def other_values(value):
    """What a field could say instead: more, less, something of another type."""
    yield []
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1
    elif isinstance(value, str):
        yield str(int(value) + 1) if value.isdecimal() else value + "x"
    elif isinstance(value, list) and value:
        yield value[:-1]
        yield [*value, value[-1]]
    else:
        yield 1


def forgeries(certificate, keys):
    """Pairs of what was changed and the text of the changed certificate; but for MAY_BE_TRUE, each one claims more
    than was proved, or something that is not so, or is not well-formed."""
    for key in keys:
        for other in other_values(certificate[key]):
            yield key, json.dumps({**certificate, key: other})
        yield f"no {key}", json.dumps({k: v for k, v in certificate.items() if k != key})
    yield "two of a key", '{"correct": "0",' + json.dumps(certificate)[1:]
    yield "an unknown key", json.dumps({**certificate, "surprise": 1})
    yield "half of it", json.dumps(certificate)[: len(json.dumps(certificate)) // 2]
    for key, value in certificate["hints"].items():
        for other in other_values(value):
            changed = copy.deepcopy(certificate)
            changed["hints"][key] = other
            yield f"hints: {key}", json.dumps(changed)
        yield f"hints: no {key}", json.dumps(
            {**certificate, "hints": {k: v for k, v in certificate["hints"].items() if k != key}})


class BothPrograms(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def certificate(self, strategy, *more):
        subprocess.run([MAXCERT, "certify", "--weights", TRAP, "--strategies", strategy, "--certificates", self.folder,
                        *more], check=True, capture_output=True)
        (path,) = self.folder.glob("*.json")
        self.addCleanup(lambda: path.unlink(missing_ok=True))
        text = path.read_text()
        path.unlink()
        return json.loads(text)

    def verdict(self, text, weights=TRAP):
        """The exit code of both, after comparing all that they say."""
        path = self.folder / "forged"
        path.write_text(text)
        said = []
        for program in ([MAXCERT, "verify"], [VERIFY]):
            done = subprocess.run([*program, "--certificate", str(path), "--weights", weights], capture_output=True,
                                  text=True, timeout=100)
            said.append((done.returncode, done.stdout, done.stderr.replace("maxcert-verify", "maxcert")))
        self.assertEqual(said[0], said[1])
        return said[0][0]

    def test_certificates_of_every_family(self):
        for strategy in STRATEGIES:
            good = self.certificate(strategy)
            self.assertEqual(self.verdict(json.dumps(good)), ACCEPTED, strategy)
            weaker = {**good, "correct": "0", "exact": good["upper"] == "0"}
            self.assertEqual(self.verdict(json.dumps(weaker)), ACCEPTED, strategy)
            self.assertIn(self.verdict(json.dumps(good), OTHER), (REFUSED, REJECTED), strategy)
            everything = [key for key in good if key not in ("run", "hints")]
            keys = everything if strategy == STRATEGIES[-1] else ["correct", "upper", "proof_flops"]
            for what, text in forgeries(good, keys):
                with self.subTest(strategy=strategy, what=what):
                    code = self.verdict(text)
                    if code != ACCEPTED or not what.startswith(MAY_BE_TRUE):
                        self.assertIn(code, (REFUSED, REJECTED))

    def test_wider_claims_and_none(self):
        for more in (("--margin", "0.1"), ("--weight-radius", "1e-6"), ("--semantics", "float32"),
                     ("--weights-format", "bf16"), ("--max-enumeration", "1")):
            good = self.certificate("brute_force", *more)
            self.assertEqual(self.verdict(json.dumps(good)), ACCEPTED, more)
            for key, value in (("correct", "17"), ("margin", "-7"), ("semantics", "nonsense"), ("exact", None)):
                with self.subTest(more=more, key=key):
                    self.assertIn(self.verdict(json.dumps({**good, key: value})), (REFUSED, REJECTED))


if __name__ == "__main__":
    unittest.main(verbosity=2)
