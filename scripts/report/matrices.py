"""The path matrices of a trained model, from its weights file with numpy alone."""

import json
import struct

import numpy as np

NAMES = {"W_E": "embed.W_E", "W_pos": "pos_embed.W_pos", "W_Q": "blocks.0.attn.W_Q", "W_K": "blocks.0.attn.W_K",
         "W_V": "blocks.0.attn.W_V", "W_O": "blocks.0.attn.W_O", "W_U": "unembed.W_U"}


def read_weights(path):
    """name -> float64 matrix, from a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    weights = {}
    for name, stored in NAMES.items():
        tensor = header[stored]
        if tensor["dtype"] != "F32":
            raise ValueError(f"{path}: {stored} is {tensor['dtype']}, not F32")
        begin, end = tensor["data_offsets"]
        values = np.frombuffer(data[8 + length + begin:8 + length + end], "<f4").astype(float)
        shape = [d for d in tensor["shape"]]
        weights[name] = values.reshape(shape[-2:])
    return weights


def paths(weights):
    """name -> matrix of each path, scores scaled by 1/sqrt(d_head); SOUNDNESS's names."""
    w = weights
    query = w["W_E"] + w["W_pos"][-1]
    out = w["W_V"] @ w["W_O"] @ w["W_U"]
    scores = w["W_Q"] @ w["W_K"].T / np.sqrt(w["W_Q"].shape[1])
    return {"EQKE": query @ scores @ w["W_E"].T, "EQKP": query @ scores @ w["W_pos"].T, "EU": query @ w["W_U"],
            "EVOU": w["W_E"] @ out, "PVOU": w["W_pos"] @ out}
