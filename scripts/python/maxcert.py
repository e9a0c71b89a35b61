"""maxcert from Python: train Max-of-K transformers, and prove bounds on the accuracy of any such model.

    import maxcert
    maxcert.certify(model, "brute_force,cubic,window/*")[["strategy", "bound", "proof_flops"]]

A `model` is the path of a weights file, or a mapping from TransformerLens names (embed.W_E, pos_embed.W_pos,
blocks.0.attn.W_Q/W_K/W_V/W_O, unembed.W_U) to numpy arrays or torch tensors, such as a state_dict, or anything with
such a state_dict(), such as a HookedTransformer. Every function returns a pandas DataFrame, or a list of dicts where
pandas is missing. Counts are Python integers: V^K does not fit in 64 bits.

The work is done by the program `maxcert`; this module hands it the weights as a file and reads what it prints. The
program is the one that the environment variable MAXCERT names, else the one built or installed beside this file, else the
one on PATH.
"""
import contextlib
import csv
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

__all__ = ["MaxcertError", "certify", "failures", "load", "save_weights", "train", "verify"]

_COUNTS = ("correct", "total", "upper")


class MaxcertError(RuntimeError):
    """The program refused: `code` is its exit code (2 usage, 3 unreadable input, 4 certificate rejected, 5 other)."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def certify(model, strategies="all", **options):
    """Proves bounds on the accuracy of `model`: one row per strategy, with the columns that `maxcert certify --format json`
    prints (strategy, correct, total, upper, bound, exact, proof_flops, wall_s, ...). `strategies` is a list of names or
    globs, or a string of them with commas. Options are those of the command, with underscores: margin="0.5", threads=2,
    semantics="float32", weights_format="bf16", certificates="folder"."""
    if not isinstance(strategies, str):
        strategies = ",".join(strategies)
    with _weights_file(model) as weights:
        text = _run("certify", "--weights", weights, "--strategies", strategies, "--format", "json", **options)
    return _frame(map(_with_counts, json.loads(text)))


def failures(model, limit=None, sort="margin", **options):
    """The sequences that `model` is proved to get wrong, one row each: the tokens, the token that wins, and an enclosure of
    by how much it wins; those that stay undecided are marked in the column `status`. At most `limit` rows (None: as many
    as the program shows by default)."""
    with _weights_file(model) as weights:
        text = _run("failures", "--weights", weights, "--sort", sort, "--format", "json", limit=limit, **options)
    return _frame(json.loads(text))


def verify(certificate, model, **options):
    """Rechecks a certificate (a path, or what json.load read from it) against `model`, without any search. Returns a
    dict: `accepted`, and `message`, the claim or what is wrong with it."""
    with _weights_file(model) as weights, _certificate_file(certificate) as path:
        try:
            return {"accepted": True, "message": _run("verify", "--certificate", path, "--weights", weights, **options).strip()}
        except MaxcertError as error:
            if error.code != 4:
                raise
            return {"accepted": False, "message": str(error)}


def train(config, seeds="all", save="models", **options):
    """Trains the models of a configuration (a path, or a dict of what it would say, such as {"name": "mine", "n_ctx": 4,
    ...}) and saves them in the folder `save`. `seeds` is what --seeds takes, or a list of numbers. One row per seed: seed,
    weights (the file's path), weights_sha256, final_loss, sampled_accuracy, train_s."""
    if not isinstance(seeds, str):
        seeds = ",".join(str(seed) for seed in seeds) if hasattr(seeds, "__iter__") else str(seeds)
    with _config_file(config) as path:
        text = _run("train", "--config", path, "--seeds", seeds, "--save", save, **options)
    rows = sorted(map(json.loads, text.splitlines()), key=lambda row: row["seed"])  # threads finish in any order
    return _frame({"seed": row.pop("seed"), "weights": row.pop("file"), **row} for row in rows)


def load(results):
    """The results folder of `maxcert run`: its summary.csv, one row per seed and strategy."""
    path = pathlib.Path(results) / "summary.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: `maxcert run --out {results}` writes it, also after an interrupted run")
    with open(path, newline="") as file:
        rows = [_with_counts({name: _number(value) if name not in _COUNTS else value for name, value in row.items()})
                for row in csv.DictReader(file)]
    return _frame(rows)


def save_weights(model, path):
    """Writes a mapping of names to arrays, or a model with a state_dict(), as safetensors. Float32 stays as it is; bfloat16
    and float16 are exact in float32; float64 is refused, since rounding it would make another model."""
    tensors = model.state_dict() if hasattr(model, "state_dict") else model
    header, data = {}, b""
    for name, value in tensors.items():
        array = _array(name, value)
        kind = {"float32": "F32", "bool": "BOOL", "int64": "I64", "int32": "I32", "uint8": "U8"}.get(array.dtype.name)
        if kind is None:
            raise TypeError(f"{name} is {array.dtype.name}: the proofs speak of float32 weights; convert the model first")
        content = array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def _array(name, value):
    """A tensor of torch, or anything that numpy understands, as a contiguous little-endian array."""
    import numpy
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        value = value.numpy()
    array = numpy.asarray(value)
    if array.dtype == numpy.float16:
        array = array.astype(numpy.float32)
    if array.dtype.kind not in "fbiu":
        raise TypeError(f"{name} is not an array of numbers")
    # not ascontiguousarray, which gives a scalar one dimension
    return numpy.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _program():
    if os.environ.get("MAXCERT"):
        return os.environ["MAXCERT"]
    here = pathlib.Path(__file__).resolve()
    for candidate in (here.parents[2] / "build/maxcert", *(parent / "bin/maxcert" for parent in here.parents)):
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return str(candidate)
    found = shutil.which("maxcert")
    if not found:
        raise FileNotFoundError("the program maxcert is neither built (scripts/run builds it) nor installed; "
                                "the environment variable MAXCERT may name it")
    return found


def _run(command, *arguments, **options):
    words = [_program(), command, *map(str, arguments)]
    for name, value in options.items():
        if value is not None:
            words += ["--" + name.replace("_", "-"), str(value)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise MaxcertError(done.returncode, done.stderr.strip() or f"{command} ended with {done.returncode}")
    return done.stdout


@contextlib.contextmanager
def _weights_file(model):
    if isinstance(model, (str, os.PathLike)):
        yield os.fspath(model)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.safetensors")
        save_weights(model, path)
        yield path


@contextlib.contextmanager
def _certificate_file(certificate):
    if isinstance(certificate, (str, os.PathLike)):
        yield os.fspath(certificate)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "certificate.json")
        pathlib.Path(path).write_text(json.dumps(certificate))
        yield path


@contextlib.contextmanager
def _config_file(config):
    if isinstance(config, (str, os.PathLike)):
        yield os.fspath(config)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "experiment.cfg")
        words = (", ".join(map(str, value)) if isinstance(value, (list, tuple, range)) else value for value in config.values())
        pathlib.Path(path).write_text("".join(f"{name} = {word}\n" for name, word in zip(config, words)))
        yield path


def _with_counts(row):
    return {name: int(value) if name in _COUNTS and value not in (None, "") else (None if value == "" else value)
            for name, value in row.items()}


def _number(text):
    """A field of a CSV file: a number or a truth value where it is one."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _frame(rows):
    rows = list(rows)
    try:
        import pandas
    except ImportError:
        return rows
    frame = pandas.DataFrame(rows)
    for name in _COUNTS:  # integers of any size, which pandas would otherwise squeeze into floats where some are missing
        if name in frame:
            frame[name] = pandas.Series([row.get(name) for row in rows], dtype=object)
    return frame
