#!/usr/bin/python3
"""scripts/slurm/{submit,task,merge} where there is no Slurm. Usage: scripts_test.py MAXCERT"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import seed_certificates  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = SOURCE / "scripts/slurm"
SMOKE = str(SOURCE / "configs/smoke.cfg")
ENVIRONMENT = {**os.environ, "MAXCERT": str(pathlib.Path(sys.argv.pop(1)).resolve())}


def script(name, *arguments, code=0):
    done = subprocess.run([SCRIPTS / name, *map(str, arguments)], capture_output=True, text=True, env=ENVIRONMENT,
                          timeout=300)
    if done.returncode != code:
        raise AssertionError(f"{name} {arguments}: exit {done.returncode} instead of {code}\n{done.stderr}{done.stdout}")
    return done


class Submit(unittest.TestCase):
    def blocks(self, *arguments):
        text = script("submit", "--dry-run", "--config", SOURCE / "configs/max-of-4.cfg", *arguments).stdout
        (line,) = [line for line in text.splitlines() if line.startswith("blocks=")]
        return line.removeprefix("blocks=(").removesuffix(" )").replace("\\", "").split()

    def test_tasks_cover_the_seeds(self):
        self.assertEqual(self.blocks("--seeds-per-task", 8), [f"@{i}/19" for i in range(19)])
        self.assertEqual(self.blocks("--seeds-per-task", 1), [f"@{i}" for i in range(151)])
        self.assertEqual(self.blocks("--seeds-per-task", 1000), ["@0/1"])
        self.assertEqual(self.blocks("--seeds", "first:3", "--seeds-per-task", 2), ["50,104", "123"])

    def test_usage_errors(self):
        for arguments in ((), ("--config",), ("--config", SMOKE, "--seeds-per-task", "0"),
                          ("--config", SMOKE, "--max-parallel", "x"), ("--config", SMOKE, "--seeds", "x")):
            self.assertTrue(script("submit", "--dry-run", *arguments, code=2).stderr)
        script("submit", "--dry-run", "--config", "/none.cfg", code=3)


class Tasks(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = self.folder / "out"
        ENVIRONMENT["MAXCERT_SCRATCH"] = str(self.folder / "scratch")
        (self.folder / "scratch").mkdir()

    def task(self, seeds, strategies, config=SMOKE, code=0):
        return script("task", config, self.out, seeds, "--strategies", strategies, "--progress", "none", code=code)

    def test_tasks_fill_a_folder_that_merge_checks(self):
        self.task("50", "cubic")
        path = self.out / "seed-50" / seed_certificates.NAME
        before = seed_certificates.read(path)["cubic"]
        missing = script("merge", SMOKE, self.out, "cubic,brute_force", "50", "104,123", code=1).stderr
        self.assertIn("--array=0,1\n", missing)
        self.task("104,123", "cubic,brute_force")
        missing = script("merge", SMOKE, self.out, "cubic,brute_force", "50", "104,123", code=1).stderr
        self.assertIn("--array=0\n", missing)
        # A folder that is there is completed file by file; what is done is not done again.
        self.task("50", "cubic,brute_force")
        self.assertEqual(seed_certificates.read(path)["cubic"], before)
        script("merge", SMOKE, self.out, "cubic,brute_force", "50", "104,123")
        self.assertEqual(len((self.out / "summary.csv").read_text().splitlines()), 1 + 6)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                         ["config.json", "report", "seed-104", "seed-123", "seed-50", "summary.csv"])
        self.assertEqual(list((self.folder / "scratch").iterdir()), [])

    def test_each_seed_may_be_proved_in_coq(self):
        calls = self.folder / "calls"
        ENVIRONMENT.update(PROVE=shlex.quote(str(pathlib.Path(__file__).with_name("prove_stub").resolve())), PROVE_STUB_CALLS=str(calls))
        self.addCleanup(ENVIRONMENT.pop, "PROVE_STUB_CALLS")
        self.addCleanup(ENVIRONMENT.pop, "PROVE")
        prove = ("--prove", "window/2")
        script("task", SMOKE, self.out, "50,104", *prove, "--strategies", "cubic", "--progress", "none")
        called = calls.read_text().split()
        self.assertEqual(called[0], ENVIRONMENT["MAXCERT"])
        self.assertEqual(called[3:], ["--seeds", "50,104", "--proof", "window/2", "--jobs", "1"])
        found = sorted(str(path.relative_to(self.out)) for path in (self.out / "theorems").rglob("*") if path.is_file())
        self.assertEqual(found, [f"theorems/seed-{seed}/theorem-window-2.json" for seed in (104, 50)])
        self.task("123", "cubic")
        said = script("merge", *prove, SMOKE, self.out, "cubic", "50,104", "123", code=1).stderr
        self.assertIn("--array=1\n", said)
        script("merge", *prove, SMOKE, self.out, "cubic", "50,104")
        ENVIRONMENT["PROVE_STUB_EXIT"] = "4"
        self.addCleanup(ENVIRONMENT.pop, "PROVE_STUB_EXIT")
        script("task", SMOKE, self.out, "123", *prove, "--strategies", "cubic", "--progress", "none", code=4)
        self.assertTrue((self.out / "theorems/seed-123").is_dir())
        text = script("submit", "--dry-run", "--config", SMOKE, *prove, "--", "--margin", "0").stdout
        self.assertRegex(text, r"--progress plain --prove window/2 --margin 0")
        self.assertIn(f"merge --prove window/2 {SMOKE}", text)

    def test_the_program_may_be_several_words(self):
        program = ENVIRONMENT["MAXCERT"]
        self.addCleanup(ENVIRONMENT.update, MAXCERT=program)
        ENVIRONMENT["MAXCERT"] = f"env MAXCERT_TEST='two words' {shlex.quote(program)}"
        self.task("50", "cubic")
        self.assertTrue((self.out / "seed-50").is_dir())
        text = script("submit", "--dry-run", "--config", SMOKE).stdout
        line, *_ = [line for line in text.splitlines() if line.startswith("export MAXCERT=")]
        said = subprocess.run(["bash", "-c", f"{line}; eval \"words=($MAXCERT)\"; printf '%s\\n' \"${{words[@]}}\""],
                              capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(said, ["env", "MAXCERT_TEST=two words", program])

    def test_configurations_do_not_mix(self):
        self.task("50", "cubic")
        other = self.folder / "other.cfg"
        other.write_text(pathlib.Path(SMOKE).read_text().replace("steps = 400", "steps = 7"))
        self.assertIn("another configuration", self.task("104", "cubic", config=other, code=3).stderr)
        self.assertEqual([path.name for path in self.out.glob("seed-*")], ["seed-50"])
        script("merge", other, self.out, "cubic", "50", code=1)

    def test_a_folder_that_cannot_be_written(self):
        self.out.write_text("in the way")
        self.assertIn("cannot write", self.task("50", "cubic", code=5).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
