#!/usr/bin/python3
"""Surroundings that change the processor's arithmetic: the program must notice. Usage: arithmetic_test.py MAXCERT

Of both models no sequence is right: in rounding-tie the right logit ties after 2^-60 is lost, in denormal the wrong
one leads by a subnormal number. A program that trusts its arithmetic claims one."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

MAXCERT = str(pathlib.Path(sys.argv.pop(1)).resolve())
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
TIE, DENORMAL = str(GOLDEN / "rounding-tie.safetensors"), str(GOLDEN / "denormal.safetensors")
FAST = """
#include <xmmintrin.h>
/* What crtfastmath.o does in a library built with -Ofast; GCC links it into shared ones up to version 12 only. */
__attribute__((constructor)) static void fast(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
"""
SANITIZED = b"libasan" in subprocess.run(["ldd", MAXCERT], capture_output=True).stdout


def certify(model, *options, before=(), env=None):
    return subprocess.run([*before, MAXCERT, "certify", "--weights", model, "--strategies", "all", "--format", "json",
                           *options], capture_output=True, text=True, env=env, timeout=300)


class Arithmetic(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def assert_refused(self, done):
        self.assertEqual((done.returncode, done.stdout), (5, ""), done.stderr)
        self.assertIn("arithmetic", done.stderr)

    def certificate_of_the_tie(self):
        done = subprocess.run([MAXCERT, "certify", "--weights", TIE, "--strategies", "brute_force", "--certificates",
                               str(self.folder)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return str(self.folder / "brute_force.json")

    def test_no_strategy_claims_a_sequence(self):
        for model in (TIE, DENORMAL):
            for arithmetic in ("filtered", "mpfr"):
                done = certify(model, "--arithmetic", arithmetic)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual({result["correct"] for result in json.loads(done.stdout)}, {"0"})

    @unittest.skipIf(SANITIZED, "AddressSanitizer must be loaded first")
    def test_flushed_subnormals_are_refused(self):
        if not shutil.which("cc"):
            self.skipTest("no C compiler")
        source, library = self.folder / "fast.c", self.folder / "libfast.so"
        source.write_text(FAST)
        subprocess.run(["cc", "-shared", "-fPIC", "-Ofast", "-o", str(library), str(source)], check=True)
        preload = {"LD_PRELOAD": str(library)}
        for model in (TIE, DENORMAL):
            for arithmetic in ("filtered", "mpfr"):
                for threads in ("1", "2"):
                    self.assert_refused(certify(model, "--arithmetic", arithmetic, "--threads", threads, env=preload))
        verify = [MAXCERT, "verify", "--certificate", self.certificate_of_the_tie(), "--weights", TIE]
        self.assertEqual(subprocess.run(verify, capture_output=True).returncode, 0)
        self.assert_refused(subprocess.run(verify, capture_output=True, text=True, env=preload))

    @unittest.skipIf(SANITIZED, "valgrind runs no sanitizers")
    def test_an_emulator_that_rounds_to_nearest_is_refused(self):
        valgrind = shutil.which("valgrind")
        if not valgrind:
            self.skipTest("valgrind is not installed")
        before = (valgrind, "-q", "--tool=none")
        for arithmetic in ("filtered", "mpfr"):
            self.assert_refused(certify(TIE, "--arithmetic", arithmetic, before=before))
        self.assert_refused(subprocess.run([*before, MAXCERT, "verify", "--certificate", self.certificate_of_the_tie(),
                                            "--weights", TIE], capture_output=True, text=True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
