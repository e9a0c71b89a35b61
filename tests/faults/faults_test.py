#!/usr/bin/python3
"""Runs under hostile conditions end in a clear error or, resumed, in the results of an undisturbed run.

Usage: faults_test.py MAXCERT [--kills N] [unittest's arguments]; N kills (16) at random moments, as the seed printed says.
"""
import csv
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import seed_certificates  # noqa: E402

MAXCERT = str(pathlib.Path(sys.argv.pop(1)).resolve())
KILLS = int(sys.argv.pop(sys.argv.index("--kills") + 1)) if "--kills" in sys.argv else 16
sys.argv = [argument for argument in sys.argv if argument != "--kills"]
CONFIG = """name = faults
n_ctx = 3
d_vocab = 8
d_model = 8
d_head = 8
steps = 1000
batch = 32
strategies = brute_force, cubic, multiset, convolution, window/*, max_diff_exact/*
seeds = 50, 123
"""
ENDLESS = CONFIG.replace("steps = 1000", "steps = 100000000")  # whoever starts training does not return
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
ROOT = os.geteuid() == 0


def run(*arguments, code=0, under=()):
    done = subprocess.run([*under, MAXCERT, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: exit {done.returncode} instead of {code}\n{done.stderr}\n{done.stdout}")
    return done


def contents(folder):
    """What two runs must agree on: everything but what each record keeps under `run`, and its seconds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or path.suffix == ".tmp":
            continue
        if path.suffix == ".json":
            found[name] = json.loads(path.read_text())
            found[name].pop("run", None)
        elif path.name == seed_certificates.NAME:
            found[name] = seed_certificates.without_run(path)
        elif path.suffix == ".csv":
            found[name] = [{**row, "wall_s": None} for row in csv.DictReader(path.read_text().splitlines())]
        else:
            found[name] = path.read_bytes()
    return found


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="maxcert-faults."))
        cls.addClassCleanup(shutil.rmtree, cls.shared, True)
        cls.shared.chmod(0o755)
        cls.config = cls.shared / "faults.cfg"
        cls.config.write_text(CONFIG)
        cls.endless = cls.shared / "endless.cfg"
        cls.endless.write_text(ENDLESS)
        start = time.monotonic()
        run(*cls.command(cls.shared / "undisturbed"))
        cls.seconds = time.monotonic() - start
        cls.expected = contents(cls.shared / "undisturbed")

    @classmethod
    def command(cls, out, config=None):
        return ("run", "--config", config or cls.config, "--out", out, "--threads", "1", "--progress", "none")

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.shared))
        self.out = self.folder / "out"

    def assert_undisturbed(self, out, note=""):
        found = contents(out)
        self.assertEqual(sorted(found), sorted(self.expected), note)
        for name, value in self.expected.items():
            self.assertEqual(found[name], value, f"{name} {note}")

    def status(self):
        return json.loads(run("status", "--results", self.out, "--format", "json").stdout)


class Kills(Faults):
    def test_killed_at_random_moments(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"kills: {KILLS}, random seed {seed}", file=sys.stderr)
        chance, kills, folders, at = random.Random(seed), 0, 0, {"training": 0, "certifying": 0, "summary": 0}
        while kills < KILLS:
            folders += 1
            out = self.folder / str(folders)
            finished = False
            while not finished:
                process = subprocess.Popen([MAXCERT, *map(str, self.command(out))], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                # Any moment; or soon after the last model, or the last certificates, are there.
                sign, wait = chance.choice([("", self.seconds), ("", self.seconds),
                                            ("model.json", self.seconds / 5), (seed_certificates.NAME, 0.05)])
                while sign and process.poll() is None and not (out / "seed-123" / sign).exists():
                    time.sleep(0.002)
                try:
                    process.wait(chance.uniform(0, wait))
                    finished = True
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    kills += 1
                self.assertIn(process.returncode, (0, -9))
                # Whatever has its final name is whole.
                whole = contents(out) if out.exists() else {}
                for name, value in whole.items():
                    if name != "summary.csv":
                        self.assertEqual(value, self.expected[name], f"{name}, random seed {seed}")
                if not finished:
                    done = sum("certificates" in name for name in whole)
                    all_of_them = sum("certificates" in name for name in self.expected)
                    models = sum(name.endswith("model.json") for name in whole)
                    at["summary" if done == all_of_them else "certifying" if models > done else "training"] += 1
                if kills >= KILLS and not finished:
                    run(*self.command(out))
                    finished = True
            self.assert_undisturbed(out, f"random seed {seed}")
            self.assertEqual(list(out.rglob("*.tmp")), [], "left by a killed run")
            shutil.rmtree(out)
        print(f"kills: {kills} in {folders} folders without a difference, while {at}", file=sys.stderr)

    def test_two_processes_in_one_folder(self):
        both = [subprocess.Popen([MAXCERT, *map(str, self.command(self.out))], stdout=subprocess.DEVNULL)
                for _ in range(2)]
        self.assertEqual([process.wait(120) for process in both], [0, 0])
        self.assert_undisturbed(self.out)

    def test_two_configurations_begin_one_folder(self):
        other = self.folder / "other.cfg"
        other.write_text(CONFIG.replace("steps = 1000", "steps = 30"))
        both = [subprocess.Popen([MAXCERT, *map(str, self.command(self.out, config))], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL) for config in (self.config, other)]
        self.assertEqual(sorted(process.wait(120) for process in both), [0, 3])
        hashes = {record["config_hash"] for name, record in contents(self.out).items() if name.endswith(".json")}
        self.assertEqual(len(hashes), 1)


class Records(Faults):
    def setUp(self):
        super().setUp()
        shutil.copytree(self.shared / "undisturbed", self.out)
        self.records = self.out / "seed-50" / seed_certificates.NAME

    def resumed(self, note=""):
        run(*self.command(self.out))
        self.assert_undisturbed(self.out, note)

    def with_cubic(self, text):
        """Seed 50's certificates, that of cubic replaced by a line."""
        lines = [line for line in seed_certificates.lines(self.shared / "undisturbed/seed-50" / seed_certificates.NAME)
                 if b'"strategy":"cubic"' not in line]
        seed_certificates.write(self.records, lines + [text.encode()])

    def test_records_that_are_not_what_they_should_be_are_redone(self):
        record = seed_certificates.read(self.records)["cubic"]
        good = json.dumps(record, separators=(",", ":"))
        other = json.dumps(seed_certificates.read(self.out / "seed-123" / seed_certificates.NAME)["cubic"])
        cases = {f"cut at {n}": good[:n] for n in (1, len(good) // 2, len(good) - 3)}
        cases |= {f"{key} = {value!r}": json.dumps({**record, key: value}) for key, value in (
            ("strategy", "brute_force"), ("correct", 5), ("bound", "1"), ("exact", None),
            ("hints", []), ("weights_sha256", 7), ("margin", "0.5"), ("complete", False), ("schema", "other/1"),
            ("run", {**record["run"], "program": "maxcert 0.0.0"}), ("run", {**record["run"], "complete": False}))}
        cases |= {"of another seed": other, "zeros": "\0" * len(good), "deep": '{"a":' * 100000, "no object": "[1]",
                  "twice": good + "\n" + good}
        for name, text in cases.items():
            with self.subTest(name):
                self.with_cubic(text)
                self.resumed(name)
        whole = self.records.read_bytes()
        for name, data in {"cut": whole[:-5], "empty": b"", "zeros": bytes(len(whole)), "more": whole + b"x",
                           "flipped": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]}.items():
            with self.subTest(name):
                self.records.write_bytes(data)
                self.assertEqual(self.status()["corrupt_records"], [f"seed-50/{seed_certificates.NAME}"])
                self.resumed(name)
        self.with_cubic(other)
        self.assertEqual(self.status()["stale_records"], ["seed-50: cubic"])
        self.with_cubic(good.replace('"exact"', '"exakt"'))
        self.assertEqual(self.status()["corrupt_records"], ["seed-50: cubic"])

    def test_models_that_are_damaged_are_trained_again(self):
        weights, model = self.out / "seed-50/weights.safetensors", self.out / "seed-50/model.json"
        for path in (weights, model):
            good = path.read_bytes()
            flipped = bytearray(good)
            flipped[-20] ^= 1
            for bad in (good[:-1], good[:50], b"", bytes(flipped)) if path == weights else (
                    good[:-5], b"", b'{"config_hash": 5}', good.replace(b"weights_sha256", b"weights_sha255")):
                path.write_bytes(bad)
                status = self.status()
                self.assertEqual(status["redo_seeds"], [50])
                if path == weights:
                    self.assertEqual(status["corrupt_records"], ["seed-50/weights.safetensors"])
                self.resumed(path.name)

    def test_nothing_is_counted_twice(self):
        rows = len(self.expected["summary.csv"])
        shutil.copy(self.records, self.out / "seed-50/certificates-2.jsonl.zst")
        shutil.copy(self.records, self.out / f"seed-50/{seed_certificates.NAME}.abcdef.tmp")
        shutil.copytree(self.out / "seed-50", self.out / "seed-051")
        shutil.copytree(self.out / "seed-50", self.out / "seed-51")
        run(*self.command(self.out))
        self.assertEqual(len(contents(self.out)["summary.csv"]), rows)

    def test_status_misses_what_no_seed_has(self):
        for path in self.out.glob(f"seed-*/{seed_certificates.NAME}"):
            seed_certificates.change(path, lambda line, name: None if name == "cubic" else line)
        self.assertEqual(self.status()["missing_records"], [f"seed-{seed}: cubic" for seed in (50, 123)])

    def test_a_folder_of_another_or_an_unknown_configuration(self):
        text = (self.out / "config.json").read_text()
        before = contents(self.out)
        self.assertIn("another configuration", run(*self.command(self.out, self.endless), code=3).stderr)
        self.assertEqual(contents(self.out), before)
        for bad in (text[:40], "", "{}", '{"config_hash": 5, "seeds": []}', text.replace("50", '"x"')):
            (self.out / "config.json").write_text(bad)
            for arguments in (self.command(self.out), ("status", "--results", self.out)):
                self.assertIn("config.json", run(*arguments, code=3).stderr)

    def test_clocks_do_not_matter(self):
        for moment in (0, 4102444800):  # 1970 and 2100
            seed_certificates.change(self.records, lambda line, name: None if name == "cubic" else line)
            before = seed_certificates.read(self.records)["brute_force"]
            for path in self.out.rglob("*"):
                os.utime(path, (moment, moment))
            self.resumed()
            self.assertEqual(seed_certificates.read(self.records)["brute_force"], before, "done again")
            self.assertEqual((self.out / "seed-123" / seed_certificates.NAME).stat().st_mtime, moment, "written again")
            self.assertNotEqual(self.records.stat().st_mtime, moment)

    def test_other_limits_of_a_search_are_another_question(self):
        run(*self.command(self.out), "--max-enumeration", "10", "--strategies", "brute_force")
        self.assertEqual(seed_certificates.read(self.records)["brute_force"]["status"], "skipped")
        self.resumed()


class Folders(Faults):
    def refused(self, *under, code=5):
        """Every command that writes fails before it works, naming the folder."""
        certify = ("certify", "--weights", self.shared / "undisturbed/seed-50/weights.safetensors", "--strategies", "cubic",
                   "--certificates", self.out)
        train = ("train", "--config", self.endless, "--save", self.out)
        for arguments in (self.command(self.out, self.endless), train, certify):
            done = run(*arguments, code=code, under=under)
            self.assertIn(str(self.out), done.stderr)
            self.assertEqual(done.stdout, "")

    def test_a_file_in_the_way(self):
        self.out.write_text("in the way")
        self.refused()
        self.assertEqual(self.out.read_text(), "in the way")

    @unittest.skipUnless(ROOT, "mounting a file system needs root")
    def test_a_full_disk(self):
        pages = sum(-(-path.stat().st_size // 4096) for path in (self.shared / "undisturbed").rglob("*"))
        for size in (8, 32, 4 * pages * 6 // 10, 4 * pages * 8 // 10):
            with self.subTest(f"{size} KiB"):
                self.mount(f"size={size}k")
                done = run(*self.command(self.out), code=5)
                self.assertIn(str(self.out), done.stderr)
                self.assertIn("No space left", done.stderr)
                for name, value in contents(self.out).items():
                    self.assertEqual(value, self.expected[name])
                self.assertEqual(list(self.out.rglob("*.tmp")), [])
                subprocess.run(["mount", "-o", "remount,size=64m", self.out], check=True)
                run(*self.command(self.out))
                self.assert_undisturbed(self.out)
                self.doCleanups()

    @unittest.skipUnless(ROOT, "mounting a file system needs root")
    def test_a_read_only_folder(self):
        self.mount("size=1m,ro")
        self.refused()

    @unittest.skipUnless(ROOT, "becoming a user without permissions needs root")
    def test_missing_permissions(self):
        if subprocess.run([*NOBODY, MAXCERT, "--help"], capture_output=True).returncode != 0:
            self.skipTest("nobody may not start the program here")
        self.folder.chmod(0o755)
        self.refused(*NOBODY)
        self.out.mkdir()
        self.out.chmod(0o555)
        self.refused(*NOBODY)
        # A folder of one's own in which somebody else left what may not be read.
        self.out.chmod(0o777)
        (self.out / "config.json").write_text("{}")
        (self.out / "config.json").chmod(0)
        self.assertIn("config.json", run(*self.command(self.out, self.endless), code=3, under=NOBODY).stderr)
        (self.out / "config.json").unlink()
        (self.out / "seed-50").mkdir()
        (self.out / "seed-50").chmod(0o555)
        self.assertIn("seed-50", run(*self.command(self.out, self.endless), code=5, under=NOBODY).stderr)

    def mount(self, options):
        self.out.mkdir(exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.out], capture_output=True).returncode != 0:
            self.skipTest("this root may not mount a file system")
        self.addCleanup(subprocess.run, ["umount", self.out], check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
