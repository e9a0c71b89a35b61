#!/usr/bin/python3
"""Limits of time and memory on models that are large. Usage: limits_test.py MAXCERT"""
import json
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

MAXCERT = str(pathlib.Path(sys.argv.pop(1)).resolve())
# Without a limit each of these works for minutes on the model of 512 tokens.
SLOW = ("cubic", "max_diff_exact/convex/svd", "mean_query+max_diff/mean_query+diff/exact_EQKE+max_diff_exact",
        "window/6/max_diff", "window/adaptive", "multiset", "convolution", "brute_force")
PATIENCE = 15  # seconds of processor time: far more than the limit and what starting takes, far less than the work
SANITIZED = b"libasan" in subprocess.run(["ldd", MAXCERT], capture_output=True).stdout


def write_model(path, n_ctx, d_vocab, d_model=4, d_head=4):
    generator = random.Random(1)
    header, data = {}, b""
    for name, shape in (("embed.W_E", (d_vocab, d_model)), ("pos_embed.W_pos", (n_ctx, d_model)),
                        ("blocks.0.attn.W_Q", (d_model, d_head)), ("blocks.0.attn.W_K", (d_model, d_head)),
                        ("blocks.0.attn.W_V", (d_model, d_head)), ("blocks.0.attn.W_O", (d_head, d_model)),
                        ("unembed.W_U", (d_model, d_vocab))):
        size = shape[0] * shape[1]
        values = struct.pack(f"<{size}f", *(generator.gauss(0, 1) for _ in range(size)))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return str(path)


class Limits(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_program(self, *arguments, code=0, memory=resource.RLIM_INFINITY):
        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        done = subprocess.run([MAXCERT, *arguments], capture_output=True, text=True, timeout=600, preexec_fn=limits)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stderr}")
        return done

    def test_the_time_limit_holds_for_every_family_and_arithmetic(self):
        model = write_model(self.folder / "model.safetensors", 64, 512)
        for strategy in SLOW:
            for more in ((), ("--arithmetic", "mpfr"), ("--threads", "2")):
                with self.subTest(strategy=strategy, more=more):
                    done = self.run_program("certify", "--weights", model, "--strategies", strategy, "--time-limit",
                                            "0.2", "--max-enumeration", "1000000000000000000", "--format", "json",
                                            *more)
                    (result,) = json.loads(done.stdout)
                    self.assertTrue(result["status"] == "skipped" or not result["run"]["complete"])

    def test_the_time_limit_holds_for_the_float32_analysis(self):
        model = write_model(self.folder / "model.safetensors", 256, 512, 64, 32)
        done = self.run_program("certify", "--weights", model, "--strategies", "window/1", "--semantics", "float32",
                                "--time-limit", "0.2", "--format", "json")
        (result,) = json.loads(done.stdout)
        self.assertEqual((result["correct"], result["upper"]), ("0", None))

    def test_the_time_limit_holds_for_failures(self):
        model = write_model(self.folder / "model.safetensors", 64, 512)
        said = self.run_program("failures", "--weights", model, "--time-limit", "0.2").stderr
        self.assertIn("at least", said)

    def test_verify_ends_in_time_and_rejects(self):
        model = write_model(self.folder / "model.safetensors", 64, 512)
        self.run_program("certify", "--weights", model, "--strategies", "cubic", "--time-limit", "0.2",
                         "--certificates", str(self.folder))
        path = self.folder / "cubic.json"
        path.write_text(json.dumps(dict(json.loads(path.read_text()), correct="999999999", status="done")))
        message = self.run_program("verify", "--certificate", str(path), "--weights", model, "--time-limit", "0.2",
                                   code=4).stderr
        self.assertTrue(message)

    @unittest.skipIf(SANITIZED, "AddressSanitizer reserves terabytes")
    def test_no_model_makes_a_strategy_allocate_without_bound(self):
        model = write_model(self.folder / "model.safetensors", 4096, 4096, 1, 1)
        strategies = "cubic,max_diff_exact/convex/svd,max_diff/mean_query+diff/max_diff,window/1,multiset,convolution," \
                     "brute_force"
        done = self.run_program("certify", "--weights", model, "--strategies", strategies, "--certificates",
                                str(self.folder), "--format", "json", memory=1 << 32)
        for result in json.loads(done.stdout):
            self.assertEqual((result["status"], result["correct"]), ("skipped", "0"))
            self.assertIn("GB", result["run"]["reason"])
        # A certificate that says it was done, for the same weights: refused before its tables are made.
        for path in self.folder.glob("*.json"):
            certificate = json.loads(path.read_text())
            certificate.update(status="done", correct="1")
            path.write_text(json.dumps(certificate))
            message = self.run_program("verify", "--certificate", str(path), "--weights", model, code=3,
                                       memory=1 << 32).stderr
            self.assertIn("GB", message)
        self.assertIn("GB", self.run_program("failures", "--weights", model, code=3, memory=1 << 32).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
