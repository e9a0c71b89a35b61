"""The certificates of a seed, as the tests in Python read and damage them: certificates.jsonl.zst."""
import json

import zstandard

NAME = "certificates.jsonl.zst"


def lines(path):
    return zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().splitlines()


def write(path, those):
    path.write_bytes(zstandard.ZstdCompressor().compress(b"".join(line + b"\n" for line in those)))


def read(path):
    """strategy -> certificate."""
    return {record["strategy"]: record for record in map(json.loads, lines(path))}


def without_run(path):
    return {strategy: {k: v for k, v in record.items() if k != "run"} for strategy, record in read(path).items()}


def change(path, change_line):
    """Every line becomes what change_line(line, strategy) says; None drops it."""
    changed = (change_line(line, json.loads(line)["strategy"]) for line in lines(path))
    write(path, [line for line in changed if line is not None])
