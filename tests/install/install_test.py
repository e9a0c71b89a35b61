#!/usr/bin/python3
"""The installed program, far from its sources. Usage: install_test.py BUILD (installs that into a temporary folder)
or install_test.py --prefix PREFIX (what is installed there, by the Debian package say)."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
COMMANDS = ("run", "train", "certify", "verify", "report", "status", "strategies", "seeds")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("MAXCERT", "LD_LIBRARY_PATH")}


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="maxcert-install."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        if sys.argv[1] == "--prefix":
            cls.prefix = pathlib.Path(sys.argv[2])
        else:
            cls.prefix = cls.folder / "prefix"
            subprocess.run(["cmake", "--install", sys.argv[1], "--prefix", cls.prefix], check=True, capture_output=True)
        cls.work = cls.folder / "work"
        cls.work.mkdir()

    def maxcert(self, *arguments):
        return self.call(self.prefix / "bin/maxcert", *arguments)

    def call(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=self.work,
                              env=ENVIRONMENT, timeout=300)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_says_what_it_is(self):
        versions = dict(line.split(" ", 1) for line in self.maxcert("--version").splitlines())
        for library in ("maxcert", "mpfr", "gmp", "json", "boost", "fmt", "libcrypto", "compiler", "libtorch", "blas"):
            self.assertTrue(versions[library].strip(), library)
        page = (self.prefix / "share/man/man1/maxcert.1").read_text()
        for command in COMMANDS:
            self.assertIn(f"maxcert {command}", self.maxcert("help", command))
            self.assertIn(f".SH MAXCERT {command.upper()}\n", page)

    def test_certifies_and_verifies(self):
        weights = GOLDEN / "max-of-4-golden.safetensors"
        text = self.maxcert("certify", "--weights", weights, "--strategies", "brute_force,cubic", "--format", "json",
                            "--certificates", "certificates")
        known = json.loads((GOLDEN / "max-of-4-golden.json").read_text())
        self.assertEqual(json.loads(text)[0]["correct"], "16774272")
        self.assertIn("16774272", json.dumps(known))
        self.assertIn("accepted", self.maxcert("verify", "--certificate", "certificates/cubic.json", "--weights", weights))

    def test_runs_an_experiment_that_came_with_it_and_reports(self):
        config = "configs/smoke.cfg"
        self.assertFalse((self.work / config).exists())
        self.maxcert("train", "--config", config, "--seeds", "50", "--save", "models")
        self.maxcert("run", "--config", config, "--seeds", "50,104", "--strategies", "paper", "--out", "out")
        self.assertGreater((self.work / "models/seed-50.safetensors").stat().st_size, 1000)
        self.maxcert("report", "--results", "out")
        page = (self.work / "out/report/index.html").read_text()
        self.assertIn("data:image/svg+xml", page)

    def test_its_scripts_find_it(self):
        share = self.prefix / "share/maxcert"
        script = self.call(share / "scripts/slurm/submit", "--config", share / "configs/max-of-4.cfg", "--dry-run")
        self.assertIn(f"export MAXCERT={self.prefix}/bin/maxcert", script)
        self.call(share / "scripts/slurm/task", share / "configs/smoke.cfg", "by-task", "50", "--strategies", "cubic")
        self.assertTrue((self.work / "by-task/seed-50/certificates.jsonl.zst").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv[:1])
