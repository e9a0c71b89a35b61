#!/usr/bin/python3
"""The contract of the command line: exit codes, streams, JSON fields, messages. Usage: cli_test.py MAXCERT"""
import csv
import io
import json
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import seed_certificates  # noqa: E402

MAXCERT = str(pathlib.Path(sys.argv.pop(1)).resolve())
SOURCE = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = SOURCE / "tests/golden"
K4 = str(GOLDEN / "max-of-4-golden.safetensors")
TRAP = str(GOLDEN / "mean-diff-trap.safetensors")
SMOKE = str(SOURCE / "configs/smoke.cfg")


def run(*arguments, code=0, cwd=None):
    done = subprocess.run([MAXCERT, *arguments], capture_output=True, text=True, cwd=cwd, timeout=300)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: exit {done.returncode} instead of {code}\n{done.stderr}\n{done.stdout}")
    return done


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)


class Certify(Folder):
    def test_brute_force_of_the_golden_model(self):
        done = run("certify", "--weights", K4, "--strategies", "brute_force", "--format", "json")
        (result,) = json.loads(done.stdout)
        self.assertEqual((result["strategy"], result["correct"], result["total"], result["upper"], result["exact"]),
                         ("brute_force", "16774272", "16777216", "16774272", True))
        self.assertLessEqual(result["bound"], 16774272 / 16777216)
        self.assertEqual(result["arithmetic"], "filtered")
        self.assertGreater(result["wall_s"], 0)
        self.assertGreater(result["proof_flops"], 0)

    def test_csv_has_a_row_per_strategy(self):
        done = run("certify", "--weights", TRAP, "--strategies", "brute_force", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([row["strategy"] for row in rows], ["brute_force"])
        self.assertEqual(rows[0]["total"], "16")

    def test_a_table_is_short_and_narrow_unless_all_is_asked_for(self):
        brief = run("certify", "--weights", K4).stdout.splitlines()
        whole = run("certify", "--weights", K4, "--all").stdout.splitlines()
        for line in brief + whole:
            self.assertLessEqual(len(line), 100)
        rows = [line for line in brief if re.match(r"\d\.\d{6} ", line)]
        strategies = len(json.loads(run("strategies", "--format", "json").stdout))
        self.assertEqual(len([line for line in whole if re.match(r"\d\.\d{6} ", line)]), strategies)
        self.assertTrue(8 <= len(rows) < 60, rows)
        exact = next(line for line in rows if line.endswith(" brute_force"))
        self.assertEqual(exact.split()[:3], ["0.999824", "exact", "16774272"])  # not 0.999825: rounded down
        for name in ("cubic", "multiset", "convolution"):
            self.assertTrue(any(line.endswith(" " + name) for line in rows), name)
        operations = [float(line[32:41]) for line in rows]
        self.assertEqual(operations, sorted(operations))
        self.assertIn(f"{len(rows)} of {strategies} results", "\n".join(brief))
        named = run("certify", "--weights", K4, "--strategies", "cubic,svd_query+max_diff/mean_query+diff/svd").stdout
        self.assertEqual(len(re.findall(r"(?m)^\d\.\d{6} ", named)), 2)

    def test_of_each_margin_the_table_has_the_best(self):
        table = run("certify", "--weights", TRAP, "--margins", "0,0.25").stdout
        self.assertRegex(table, r"brute_force\n")
        self.assertRegex(table, r"brute_force by 0.25\n")

    def test_too_large_an_enumeration_is_skipped_with_the_reason(self):
        done = run("certify", "--weights", K4, "--strategies", "brute_force", "--max-enumeration", "1000",
                   "--format", "json")
        (result,) = json.loads(done.stdout)
        self.assertEqual((result["status"], result["correct"], result["upper"]), ("skipped", "0", None))
        self.assertIn("16777216", result["reason"])

    def test_certificates_are_accepted_and_tampered_ones_are_not(self):
        run("certify", "--weights", TRAP, "--certificates", str(self.folder), "--strategies", "brute_force")
        path = self.folder / "brute_force.json"
        good = json.loads(path.read_text())
        for key in ("strategy", "correct", "total", "weights_sha256", "margin", "schema", "run"):
            self.assertIn(key, good)
        self.assertIn("accepted", run("verify", "--certificate", str(path), "--weights", TRAP).stdout)
        lower = dict(good, correct=str(int(good["correct"]) - 1), exact=False)
        path.write_text(json.dumps(lower))
        run("verify", "--certificate", str(path), "--weights", TRAP)
        for field, value in (("correct", str(int(good["correct"]) + 1)), ("total", "17"), ("strategy", "magic"),
                             ("weights_sha256", "0" * 64), ("margin", "1e3"), ("upper", "0"), ("n_ctx", 3)):
            path.write_text(json.dumps(dict(good, **{field: value})))
            message = run("verify", "--certificate", str(path), "--weights", TRAP, code=4).stderr
            self.assertTrue(message, field)
        for text in (json.dumps(good)[:-20], "", "[]", "{}", json.dumps(dict(good, correct=5)),
                     json.dumps(dict(good, schema="other/1")), "[" * 100000):
            path.write_text(text)
            run("verify", "--certificate", str(path), "--weights", TRAP, code=3)
        run("verify", "--certificate", str(self.folder / "none.json"), "--weights", TRAP, code=3)

    def test_whatever_a_certificate_says_is_checked(self):
        run("certify", "--weights", TRAP, "--certificates", str(self.folder), "--strategies", "brute_force,cubic,multiset")
        for name in ("brute_force", "cubic", "multiset"):
            path = self.folder / f"{name}.json"
            good = json.loads(path.read_text())

            def code(text):
                path.write_text(text)
                return subprocess.run([MAXCERT, "verify", "--certificate", str(path), "--weights", TRAP],
                                      capture_output=True).returncode

            self.assertEqual(code(json.dumps(good)), 0)
            for key, value in (("bound", 0.999), ("proof_flops", 1), ("complete", False), ("complete", True),
                               ("bits_used", 9999), ("figures", {"cells": 1}), ("limits", {}), ("status", "odd"),
                               ("status", "skipped"), ("unexplained_dimension", 1), ("family", "x"), ("surprise", 1)):
                self.assertIn(code(json.dumps(dict(good, **{key: value}))), (3, 4), (name, key))
            self.assertEqual(code('{"correct": "0",' + json.dumps(good)[1:]), 3)
        run("certify", "--weights", TRAP, "--certificates", str(self.folder), "--strategies", "brute_force",
            "--max-enumeration", "1")
        path = self.folder / "brute_force.json"
        good = json.loads(path.read_text())
        for key, value in (("margin", "-7"), ("semantics", "nonsense"), ("correct", "1")):
            path.write_text(json.dumps(dict(good, **{key: value})))
            run("verify", "--certificate", str(path), "--weights", TRAP, code=4)

    def test_verify_says_the_whole_claim(self):
        run("certify", "--weights", TRAP, "--certificates", str(self.folder), "--strategies", "cubic", "--margin", "0.25",
            "--semantics", "float32", "--weights-format", "bf16", "--weight-radius", "1e-9r")
        verify = ("verify", "--certificate", str(self.folder / "cubic.json"), "--weights", TRAP)
        said, shown = run(*verify).stdout, json.loads(run(*verify, "--format", "json").stdout)
        self.assertTrue(shown["accepted"])
        self.assertIn(shown["statement"], said)
        for part in ("float32", "rounded to bf16", "1e-9 times", "more than 0.25", "of the 16"):
            self.assertIn(part, said)
        self.assertEqual((shown["claim"]["semantics"], shown["claim"]["weight_radius"]["relative"]), ("float32", "1e-9"))

    def test_radii_have_a_column_and_stay_exact(self):
        done = run("certify", "--weights", TRAP, "--strategies", "cubic", "--weight-radii", "0,2e-324,1e-4r", "--format", "csv")
        self.assertEqual([row["weight_radius"] for row in csv.DictReader(io.StringIO(done.stdout))], ["0", "2e-324", "1e-4r"])

    def test_checks_that_take_too_long_are_ended(self):
        run("certify", "--weights", K4, "--certificates", str(self.folder), "--strategies", "brute_force")
        path = self.folder / "brute_force.json"
        slow = dict(json.loads(path.read_text()), arithmetic="mpfr")  # millions of sequences in MPFR
        path.write_text(json.dumps(slow))
        verify = ("verify", "--certificate", str(path), "--weights", K4)
        self.assertIn("ended early", run(*verify, "--time-limit", "0.2", code=4).stderr)
        with subprocess.Popen([MAXCERT, *verify], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as check:
            time.sleep(1)
            check.send_signal(signal.SIGINT)
            self.assertEqual(check.wait(60), 130)

    def test_two_runs_differ_only_under_run(self):
        texts = []
        for threads in ("1", "2"):
            folder = self.folder / threads
            run("certify", "--weights", TRAP, "--certificates", str(folder), "--threads", threads)
            records = {p.name: json.loads(p.read_text()) for p in sorted(folder.iterdir())}
            for record in records.values():
                del record["run"]
            texts.append(json.dumps(records))
        self.assertEqual(texts[0], texts[1])


class Reference(Folder):
    def test_run_and_status_say_whether_weights_have_the_reference_bits(self):
        out = str(self.folder / "out")
        config = str(SOURCE / "configs/max-of-4.cfg")
        text = run("run", "--config", config, "--seeds", "50", "--strategies", "cubic", "--out", out).stdout
        self.assertRegex(text, "[01] of 1 models have the reference weights")
        status = json.loads(run("status", "--results", out, "--seeds", "50", "--format", "json").stdout)
        reference = status["reference_weights"]
        self.assertEqual(reference["same"] + reference["other"], 1)
        model = json.loads((self.folder / "out/seed-50/model.json").read_text())
        table = dict(line.split(",")[::2] for line in (SOURCE / "data/reference/max-of-4.csv").read_text().split())
        self.assertEqual(reference["same"], int(table["50"] == model["weights_sha256"]))
        smoke = run("run", "--config", SMOKE, "--seeds", "50", "--strategies", "cubic", "--out", out + "-smoke").stdout
        self.assertNotIn("reference", smoke)


class Failures(unittest.TestCase):
    def test_lists_what_brute_force_counts(self):
        text = run("failures", "--weights", K4, "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), 16777216 - 16774272)
        leads = [float(row["lead_upper"]) for row in rows]
        self.assertEqual(leads, sorted(leads, reverse=True))
        for row in rows:
            tokens = [int(token) for token in row["tokens"].split()]
            self.assertEqual((len(tokens), max(tokens), row["status"]), (4, int(row["maximum"]), "wrong"))
        self.assertEqual(len(json.loads(run("failures", "--weights", K4, "--limit", "2", "--sort", "token", "--format",
                                            "json").stdout)), 2)
        self.assertEqual(json.loads(run("failures", "--weights", K4, "--undecided", "--format", "json").stdout), [])

    def test_refuses(self):
        for arguments in (["--sort", "size"], ["--format", "xml"], ["--limit", "-1"]):
            self.assertTrue(run("failures", "--weights", K4, *arguments, code=2).stderr)
        run("failures", code=2)


class BadInput(Folder):
    def test_usage_errors(self):
        for arguments in ((), ("fly",), ("certify",), ("certify", "--weights"), ("certify", "--weights", K4, "--wings"),
                          ("certify", "--weights", K4, "--strategies", "magic"),
                          ("certify", "--weights", K4, "--margin", "-1"),
                          ("certify", "--weights", K4, "--margin", "nan"),
                          ("certify", "--weights", K4, "--format", "xml"),
                          ("certify", "--weights", K4, "--threads", "0"),
                          ("run", "--config", SMOKE, "--seeds", "@1000000"), ("run", "--config", SMOKE, "--seeds", "x")):
            self.assertTrue(run(*arguments, code=2).stderr)

    def test_weights_that_cannot_be_read(self):
        whole = pathlib.Path(TRAP).read_bytes()
        (size,) = struct.unpack("<Q", whole[:8])
        header = whole[8:8 + size]
        nan = struct.pack("<f", float("nan"))
        cases = {
            "truncated": whole[:-1],
            "empty": b"",
            "oversized": struct.pack("<Q", 1 << 60) + whole[8:],
            "dtype": whole.replace(b'"F32"', b'"F64"', 1),
            "nan": whole[:-4] + nan,
            "missing": whole.replace(b"unembed.W_U", b"unembed.W_X", 1),
            "shape": whole.replace(b"[4,8]", b"[8,4]", 1),
            "json": whole[:8] + b"{" * len(header) + whole[8 + size:],
        }
        for name, data in cases.items():
            path = self.folder / f"{name}.safetensors"
            path.write_bytes(data)
            message = run("certify", "--weights", str(path), code=3).stderr
            self.assertIn(path.name, message, name)
        run("certify", "--weights", str(self.folder / "none.safetensors"), code=3)
        run("certify", "--weights", str(self.folder), code=3)

    def test_torch_files(self):
        done = run("certify", "--weights", str(GOLDEN / "max-of-4-golden-dict.pt"), "--strategies", "brute_force",
                   "--format", "json")
        self.assertEqual(json.loads(done.stdout)[0]["correct"], "16774272")
        message = run("certify", "--weights", str(GOLDEN / "max-of-4-golden-state_dict.pt"), code=3).stderr
        self.assertIn("dict(", message)

    def test_configs_that_cannot_be_read(self):
        path = self.folder / "bad.cfg"
        for text in ("wings = 2\n", "", pathlib.Path(SMOKE).read_text() + "\nn_ctx = -3\n"):
            path.write_text(text)
            self.assertIn("bad.cfg", run("seeds", "--config", str(path), code=3).stderr)
        run("run", "--config", str(self.folder / "none.cfg"), code=3)


class FirstErrors(Folder):
    """What newcomers get wrong is answered by what works."""

    def said(self, code, *arguments):
        return run(*arguments, code=code, cwd=self.folder).stderr

    def test_nothing_or_something_else_asked_for(self):
        self.assertIn("maxcert run --config configs/smoke.cfg", self.said(2))
        self.assertIn("did you mean certify?", self.said(2, "certfy"))
        self.assertIn("maxcert run --config configs/max-of-4.cfg", self.said(2, "run"))
        self.assertIn("maxcert certify --weights model.safetensors", self.said(2, "certify"))
        self.assertIn("maxcert report --results results/max-of-4", self.said(2, "report"))

    def test_wrong_arguments(self):
        self.assertIn("maybe --config configs/smoke.cfg", self.said(2, "run", "configs/smoke.cfg"))
        self.assertIn("maybe --weights model.safetensors", self.said(2, "certify", "--format", "csv", "model.safetensors"))
        self.assertIn("did you mean --strategies?", self.said(2, "certify", "--weights", K4, "--strategy", "cubic"))
        self.assertIn("did you mean cubic?", self.said(2, "certify", "--weights", K4, "--strategies", "cubik"))

    def test_files_that_are_not_there(self):
        self.assertIn("maxcert run --config configs/smoke.cfg", self.said(3, "run", "--config", "none.cfg"))
        self.assertIn("maxcert train --config", self.said(3, "certify", "--weights", "none.safetensors"))
        for command in ("report", "status"):
            self.assertIn("maxcert run --config", self.said(3, command, "--results", "none"))

    def test_no_gpu(self):
        # Debian's LibTorch has no CUDA; one that has would train.
        done = subprocess.run([MAXCERT, "run", "--config", SMOKE, "--seeds", "50", "--strategies", "cubic", "--device", "cuda",
                               "--out", "out"], capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            self.assertEqual(done.returncode, 2)
            self.assertIn("leave --device out", done.stderr)


class Help(unittest.TestCase):
    def test_every_command_explains_itself_with_examples(self):
        overview = run("--help").stdout
        for command in ("run", "train", "certify", "verify", "report", "status", "strategies", "seeds"):
            self.assertIn(command, overview)
            self.assertIn(f"maxcert {command}", run(command, "--help").stdout.split("Examples:")[1])
            self.assertEqual(run("help", command).stdout, run(command, "--help").stdout)

    def test_lists(self):
        strategies = json.loads(run("strategies", "--format", "json").stdout)
        names = [row["strategy"] for row in strategies]
        with open(SOURCE / "data/published/groups.csv", newline="") as file:  # one spelling of the paper's groups
            groups = {row["group"] for row in csv.DictReader(file)}
        self.assertEqual(groups, {row["group"] for row in strategies if row["paper"]})
        self.assertLessEqual({"brute_force", "cubic", "subcubic", "convex", "centred", "window", "multiset", "convolution"},
                             {row["family"] for row in strategies})
        self.assertIn("brute_force", names)
        self.assertEqual(len(names), len(set(names)))
        seeds = json.loads(run("seeds", "--config", str(SOURCE / "configs/max-of-4.cfg"), "--format", "json").stdout)
        self.assertEqual(len(seeds), 151)
        by_seed = {row["seed"]: row for row in seeds}
        self.assertEqual((by_seed[123]["model_seed"], by_seed[123]["dataset_seed"]), (613947648, 1914904320))
        blocks = [run("seeds", "--config", str(SOURCE / "configs/max-of-4.cfg"), "--seeds", f"@{i}/4").stdout.split()
                  for i in range(4)]
        self.assertEqual(sum(blocks, []), [str(row["seed"]) for row in seeds])


class Run(Folder):
    def records(self, folder):
        found = {}
        for path in sorted(folder.glob("seed-*/model.json")):
            found[str(path)] = {k: v for k, v in json.loads(path.read_text()).items() if k != "run"}
            found = {k.replace(str(folder), ""): v for k, v in found.items()}
            seed = path.parent
            found[seed.name] = seed_certificates.without_run(seed / seed_certificates.NAME)
        return found

    def test_resumes_and_is_the_same_at_any_thread_count(self):
        one, two = self.folder / "one", self.folder / "two"
        arguments = ("run", "--config", SMOKE, "--seeds", "first:3", "--progress", "none")
        run(*arguments, "--threads", "1", "--out", str(one))
        run(*arguments, "--threads", "2", "--out", str(two))
        self.assertEqual(self.records(one), self.records(two))
        self.assertTrue((one / "summary.csv").exists())

        times = {path: path.stat().st_mtime_ns for path in one.glob("seed-*/**/*")}
        run(*arguments, "--threads", "1", "--out", str(one))
        self.assertEqual(times, {path: path.stat().st_mtime_ns for path in one.glob("seed-*/**/*")})

        # What is gone, cut off or about other weights is done again; the rest stays.
        files = sorted(one.glob(f"seed-*/{seed_certificates.NAME}"))
        seed_certificates.change(files[0], lambda line, name: line.replace(b'"correct"', b'"korrect"') if name == "cubic" else line)
        files[-1].write_bytes(files[-1].read_bytes()[:100])
        status = json.loads(run("status", "--results", str(one), "--format", "json").stdout)
        self.assertEqual(len(status["corrupt_records"]), 2)
        self.assertIn(f"{files[0].parent.name}: cubic", status["corrupt_records"])
        for path in files[:-1]:
            seed_certificates.change(path, lambda line, name: None if b'"strategy":"cubic"' in line else line)
        missing = json.loads(run("status", "--results", str(one), "--config", SMOKE, "--seeds", "first:3",
                                 "--format", "json").stdout)["missing_records"]
        self.assertEqual(len([name for name in missing if name.endswith(": cubic")]), 2)
        run(*arguments, "--out", str(one))
        self.assertEqual(self.records(one), self.records(two))

        other = self.folder / "other.cfg"
        text = pathlib.Path(SMOKE).read_text()
        other.write_text("\n".join(line if not line.startswith("steps") else "steps = 7" for line in text.splitlines()))
        self.assertIn("another", run("run", "--config", str(other), "--out", str(one), code=3).stderr)

    def test_weights_say_how_they_were_made_whoever_made_them(self):
        out, save = self.folder / "run", self.folder / "train"
        run("run", "--config", SMOKE, "--seeds", "50", "--strategies", "cubic", "--out", str(out), "--progress", "none")
        run("train", "--config", SMOKE, "--seeds", "50", "--save", str(save), "--progress", "none")
        ours, theirs = (out / "seed-50/weights.safetensors").read_bytes(), (save / "seed-50.safetensors").read_bytes()
        self.assertEqual(ours, theirs)
        (size,) = struct.unpack("<Q", ours[:8])
        metadata = json.loads(ours[8:8 + size])["__metadata__"]
        self.assertEqual(metadata["seed"], "50")
        self.assertIn("libtorch", json.loads(metadata["environment"]))
        config = json.loads(metadata["config"])
        self.assertEqual(config["config_hash"], metadata["config_hash"])
        self.assertNotIn("seeds", config)  # or files would grow with the number of seeds

    def test_a_whole_folder_is_verified(self):
        out = self.folder / "out"
        run("run", "--config", SMOKE, "--seeds", "first:2", "--strategies", "cubic,window/2,multiset", "--out", str(out),
            "--progress", "none")
        self.assertEqual(len(list((out / "seed-50").iterdir())), 3)
        verify = ("verify", "--results", str(out), "--threads", "2", "--progress", "none")
        self.assertIn("6 certificates of 2 models accepted, 0 rejected", run(*verify).stdout)
        path = out / "seed-50" / seed_certificates.NAME
        good = path.read_bytes()

        def forged(line, name):
            record = json.loads(line)
            record["correct"] = str(int(record["correct"]) + 1)
            return json.dumps(record).encode() if name == "cubic" else line

        seed_certificates.change(path, forged)
        said = run(*verify, code=4).stdout
        self.assertIn("rejected: seed-50: cubic: correct", said)
        self.assertIn("5 certificates of 2 models accepted, 1 rejected", said)
        self.assertEqual(len(json.loads(run(*verify, "--format", "json", code=4).stdout)["rejected"]), 1)
        path.write_bytes(good[:-5])
        self.assertIn("rejected: seed-50", run(*verify, code=4).stdout)
        config = out / "config.json"
        config.write_text(config.read_text().replace('"layout": 2', '"layout": 1'))
        self.assertIn("another version", run(*verify, code=3).stderr)

    def test_ctrl_c_leaves_finished_seeds(self):
        out = self.folder / "out"
        config = str(SOURCE / "configs/max-of-4.cfg")
        process = subprocess.Popen([MAXCERT, "run", "--config", config, "--strategies", "brute_force", "--out", str(out),
                                    "--progress", "none"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        for path in out.glob("seed-*/model.json"):
            json.loads(path.read_text())
        for path in out.glob(f"seed-*/{seed_certificates.NAME}"):
            self.assertTrue(seed_certificates.read(path))


if __name__ == "__main__":
    unittest.main(verbosity=2)
