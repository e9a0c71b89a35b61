#!/usr/bin/python3
"""The Python module on every kind of model that it takes, against the program itself. Usage: python_test.py MAXCERT
Exit code 77, with the reason on the first line, where numpy is missing."""
import json
import os
import pathlib
import shutil
import struct
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = SOURCE / "tests/golden/max-of-4-golden.safetensors"
os.environ["MAXCERT"] = str(pathlib.Path(sys.argv.pop(1)).resolve())
sys.path.insert(0, str(SOURCE / "scripts/python"))
try:
    import numpy
except ImportError:
    print("python3-numpy is missing")
    sys.exit(77)
try:
    import torch
except ImportError:
    torch = None
import maxcert


def rows(frame):
    return frame if isinstance(frame, list) else frame.to_dict("records")


def golden_arrays():
    content = GOLDEN.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    data = content[8 + length:]
    return {name: numpy.frombuffer(data[slice(*about["data_offsets"])], "<f4").reshape(about["shape"])
            for name, about in json.loads(content[8:8 + length]).items() if name != "__metadata__"}


class Hooked:
    """What the module needs to see of a HookedTransformer."""

    def __init__(self, tensors):
        self.tensors = tensors

    def state_dict(self):
        zeros = {f"blocks.0.attn.b_{name}": numpy.zeros((1, 32), numpy.float32) for name in "QKV"}
        return {**self.tensors, **zeros, "blocks.0.attn.mask": numpy.tril(numpy.ones((4, 4), bool)),
                "blocks.0.attn.IGNORE": numpy.float32(-numpy.inf)}


class Python(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="maxcert-python."))
        self.addCleanup(shutil.rmtree, self.folder)

    def exact(self, model):
        result, = rows(maxcert.certify(model, "brute_force"))
        return result["correct"]

    def test_a_file_a_dict_and_a_hooked_transformer_are_the_same_model(self):
        arrays = golden_arrays()
        self.assertEqual(self.exact(GOLDEN), 16774272)
        self.assertEqual(self.exact(arrays), 16774272)
        self.assertEqual(self.exact({name: numpy.asfortranarray(array) for name, array in arrays.items()}), 16774272)
        self.assertEqual(self.exact(Hooked(arrays)), 16774272)

    @unittest.skipIf(torch is None, "python3-torch is missing")
    def test_tensors_of_torch(self):
        tensors = {name: torch.nn.Parameter(torch.tensor(array)) for name, array in golden_arrays().items()}
        self.assertEqual(self.exact(tensors), 16774272)
        halves = {name: tensor.detach().to(torch.bfloat16) for name, tensor in tensors.items()}
        rounded, = rows(maxcert.certify(GOLDEN, "brute_force", weights_format="bf16"))
        self.assertEqual(self.exact(halves), rounded["correct"])

    def test_counts_are_integers_and_options_reach_the_program(self):
        results = rows(maxcert.certify(GOLDEN, ["brute_force", "cubic"], margin="0.5"))
        self.assertEqual([result["strategy"] for result in results], ["brute_force", "cubic"])
        self.assertTrue(all(type(result["correct"]) is int for result in results))
        self.assertLess(results[0]["correct"], 16774272)
        self.assertIsNone(results[1]["upper"])
        with self.assertRaises(maxcert.MaxcertError) as refused:
            maxcert.certify(GOLDEN, "nonsense")
        self.assertEqual(refused.exception.code, 2)

    def test_models_that_are_others_are_refused(self):
        arrays = golden_arrays()
        with self.assertRaises(TypeError):
            self.exact({name: array.astype(numpy.float64) for name, array in arrays.items()})
        with self.assertRaises(maxcert.MaxcertError) as refused:
            self.exact({**arrays, "blocks.1.attn.W_Q": arrays["blocks.0.attn.W_Q"]})
        self.assertEqual(refused.exception.code, 3)
        self.assertIn("blocks.1.attn.W_Q", str(refused.exception))

    def test_half_precision_is_exact(self):
        halves = {name: array.astype(numpy.float16) for name, array in golden_arrays().items()}
        rounded, = rows(maxcert.certify(GOLDEN, "brute_force", weights_format="fp16"))
        self.assertEqual(self.exact(halves), rounded["correct"])

    def test_failures(self):
        wrong = rows(maxcert.failures(GOLDEN))
        self.assertEqual(len(wrong), 16777216 - 16774272)
        self.assertGreaterEqual(wrong[0]["lead_lower"], wrong[1]["lead_lower"])
        self.assertEqual(max(wrong[0]["tokens"]), wrong[0]["maximum"])
        self.assertEqual(len(maxcert.failures(golden_arrays(), limit=3, sort="token")), 3)

    def test_verify_accepts_and_rejects(self):
        maxcert.certify(GOLDEN, "cubic", certificates=self.folder)
        path = self.folder / "cubic.json"
        self.assertTrue(maxcert.verify(path, GOLDEN)["accepted"])
        certificate = json.loads(path.read_text())
        self.assertTrue(maxcert.verify(certificate, golden_arrays())["accepted"])
        certificate["correct"] = str(int(certificate["correct"]) + 1)
        self.assertFalse(maxcert.verify(certificate, GOLDEN)["accepted"])
        path.write_text("{")
        with self.assertRaises(maxcert.MaxcertError) as unreadable:
            maxcert.verify(path, GOLDEN)
        self.assertEqual(unreadable.exception.code, 3)

    def test_trains_and_loads(self):
        trained = rows(maxcert.train(SOURCE / "configs/smoke.cfg", seeds=[50], save=self.folder / "models"))
        self.assertEqual([row["seed"] for row in trained], [50])
        config = {"name": "mine", "n_ctx": 3, "d_vocab": 8, "d_model": 8, "d_head": 8, "steps": 50, "batch": 32,
                  "strategies": "cubic", "seeds": [1, 2]}
        mine = rows(maxcert.train(config, save=self.folder / "mine"))
        self.assertEqual([row["seed"] for row in mine], [1, 2])
        self.assertEqual(rows(maxcert.certify(mine[1]["weights"], "brute_force"))[0]["total"], 512)
        with self.assertRaises(FileNotFoundError):
            maxcert.load(self.folder)

    def test_loads_a_results_folder(self):
        maxcert._run("run", "--config", SOURCE / "configs/smoke.cfg", "--seeds", "50", "--strategies", "cubic,brute_force",
                     "--out", self.folder / "out")
        results = rows(maxcert.load(self.folder / "out"))
        self.assertEqual([row["strategy"] for row in results], ["brute_force", "cubic"])
        self.assertEqual(results[0]["total"], 4096)
        self.assertIs(results[0]["exact"], True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
