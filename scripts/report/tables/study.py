"""Tables of the study: ablations, what each path does, how loose each bound on the noise of QK is."""

import numpy as np

from estimates import mean_std
from tables import Column, Table, below, count, fixed, general

PATHS = ("EU", "EQKE", "EQKP", "EVOU", "PVOU")

NOISE = {  # method -> (how many matrices are bounded apart, what it says)
    "max_diff_exact": (1, "row ranges of the product itself"),
    "sqrt2_sigma1_of_product": (1, "√2 σ₁ of the product"),
    "sqrt2_frobenius_of_product": (1, "√2 Frobenius norm of the product"),
    "max_diff_split1": (2, "|A| · range(BCD)"),
    "max_diff_split2": (2, "|AB| · range(CD)"),
    "max_diff_split3": (2, "|ABC| · range(D)"),
    "max_diff_best_split": (2, "best of the three splits, per row"),
    "mean+max_diff_split1": (2, "|A| · range(BCD), mean row apart"),
    "mean+max_diff_split2": (2, "|AB| · range(CD), mean row apart"),
    "mean+max_diff_split3": (2, "|ABC| · range(D), mean row apart"),
    "mean+max_diff_best_split": (2, "best of the three splits, mean row apart"),
    "max_diff_recursive": (4, "|A|·|B|·|C|·range(D)"),
    "mean+max_diff_recursive": (4, "|A|·|B|·|C|·range(D), mean row apart once"),
    "mean_recursive+max_diff_recursive": (4, "|A|·|B|·|C|·range(D), mean rows apart"),
    "sqrt2_product_of_sigma1": (4, "√2 σ₁(A) σ₁(B) σ₁(C) σ₁(D)"),
    "sqrt2_product_of_frobenius": (4, "√2 times the product of Frobenius norms"),
}
RESIDUALS = {"residual": "after the top singular vectors of QK",
             "residual_of_factors": "after those of each factor too"}


def ablated_accuracy(results, record):
    """Of one ablation: counted over all sequences where that was done, else of the samples."""
    if record.get("correct") is not None:
        return record["correct"] / results.d_vocab**results.n_ctx
    return record["accuracy"]


def studies(results, key):
    return {seed: results.study(seed)[key] for seed in results.seeds if results.study(seed).get(key)}


def ablation_table(results, example):
    found = studies(results, "ablations")
    if not found:
        return None
    rows = []
    for zeroed in next(iter(found.values())):
        values = [a[zeroed] for a in found.values() if zeroed in a]
        exact = all(v.get("correct") is not None for v in values)
        row = {"zeroed": zeroed.replace("+", " + "), "count": 0 if zeroed == "none" else zeroed.count("+") + 1,
               "how": "all sequences" if exact else "samples",
               "models": len(values)}
        row["accuracy"], row["std"] = mean_std([ablated_accuracy(results, v) for v in values])
        losses = [v["loss"] for v in values if v.get("loss") is not None]
        row["loss"] = mean_std(losses)[0] if losses else None
        here = found.get(example, {}).get(zeroed)
        row["example"] = ablated_accuracy(results, here) if here else None
        row["example_loss"] = here.get("loss") if here else None
        rows.append(row)
    rows.sort(key=lambda r: r["count"])
    return Table("ablations", "Accuracy and loss with paths set to zero", [
        Column("zeroed", "set to zero", text=True), Column("accuracy", "mean accuracy", fixed(4)),
        Column("std", "std", fixed(4)), Column("loss", "mean loss", general(3)),
        Column("example", f"accuracy of {example}", fixed(4)), Column("example_loss", f"loss of {example}", general(3)),
        Column("how", "accuracy over", text=True), Column("models", "models")], rows,
        "Ties count as wrong, so that a model with every path set to zero has accuracy 0. Loss: over all sequences, or sampled to a standard error of 0.5 % with at most 500,000 sequences.", folded=True)


def _flatten(values):
    flat = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update({f"{key}, {inner}": v for inner, v in value.items()})
        else:
            flat[key] = value
    return flat


PATH_LABELS = {
    "evou": "EVOU (what attending to a token says)",
    "attention": "EQKE (which token is attended to)",
    "row_ranges": "range of rows (max − min)",
}


def path_table(results, example):
    rows = []
    for key, label in PATH_LABELS.items():
        found = {seed: _flatten(v) for seed, v in studies(results, key).items()}
        for name in next(iter(found.values()), {}):
            values = [v[name] for v in found.values() if v.get(name) is not None]
            mean, std = mean_std(values)
            rows.append({"path": label, "quantity": name.replace("_", " "), "mean": mean, "std": std,
                         "least": min(values), "most": max(values), "example": found.get(example, {}).get(name),
                         "models": len(values)})
    if not rows:
        return None
    number = general(4)
    return Table("paths", "What each path does, over the models", [
        Column("path", "path", text=True), Column("quantity", "quantity", text=True), Column("mean", "mean", number),
        Column("std", "std", number), Column("least", "least", number), Column("most", "most", number),
        Column("example", f"model {example}", number), Column("models", "models")], rows,
        "EU, PVOU and EQKP are the error terms: the smaller their ranges beside the copying margin of EVOU and the "
        "score gained per step of EQKE, the more rarely they decide.")


def noise_table(results):
    found = studies(results, "qk_noise")
    rows = []
    for residual, where in RESIDUALS.items():
        for method, (matrices, what) in NOISE.items():
            ratios = [n[residual]["methods"][method]["ratio"] for n in found.values()
                      if method in n.get(residual, {}).get("methods", {})]
            if ratios:
                low, middle, high = np.percentile(ratios, [5, 50, 95])
                rows.append({"residual": where, "method": what, "matrices": matrices, "low": low, "median": middle,
                             "high": high, "models": len(ratios)})
    if not rows:
        return None
    return Table("noise", "How loose each way of bounding the unexplained part of QK is", [
        Column("residual", "noise", text=True), Column("method", "bounded by", text=True),
        Column("matrices", "matrices bounded apart", count), Column("low", "5 %", general(3)),
        Column("median", "median", general(3)), Column("high", "95 %", general(3)), Column("models", "models")], rows,
        "The noise is a product A·B·C·D of four matrices. Figures: bound on the largest row range divided by the "
        "largest row range (1 is perfect). In doubles: a measurement, not a proof.", folded=True)


def bracket_table(results):
    """Strategies that bound from both sides: how wide they leave the accuracy."""
    rows = []
    for strategy, by_seed in results.records.items():
        widths = [(r.upper - r.correct) / r.total for r in by_seed.values() if r.upper is not None]
        if not widths:
            continue
        seconds = [r.wall_s for r in by_seed.values() if r.wall_s is not None]
        inside = [r for r in by_seed.values() if r.upper is not None]
        rows.append({"strategy": strategy, "lower": float(np.mean([r.bound for r in inside])),
                     "upper": float(np.mean([r.upper / r.total for r in inside])), "mean": float(np.mean(widths)),
                     "most": max(widths), "exact": sum(r.exact for r in inside), "models": len(inside),
                     "seconds": sum(seconds) / len(seconds) if seconds else None})
    if not rows:
        return None
    return Table("brackets", "Strategies that bound the accuracy from both sides", [
        Column("strategy", "strategy", text=True), Column("lower", "at least (mean)", below(6)),
        Column("upper", "at most (mean)", fixed(6)), Column("mean", "mean width", general(3)),
        Column("most", "largest width", general(3)), Column("exact", "exact"), Column("models", "models"),
        Column("seconds", "seconds", fixed(2))], rows)


WIDER = {  # study's rows -> (their variable, what it says)
    "margins": ("margin", "right by more than δ"),
    "radii": ("radius", "right throughout weights ± ρ"),
}


def wider_table(results, example):
    """One model's bounds against margin and radius, a column for each strategy."""
    rows, names = [], []
    for key, (variable, claim) in WIDER.items():
        values = {}
        for found in results.study(example).get(key) or []:
            values.setdefault(found[variable], {})[found["strategy"]] = found["bound"]
            if found["strategy"] not in names:
                names.append(found["strategy"])
        rows += [{"claim": claim, "size": size, **bounds} for size, bounds in values.items()]
    return Table("wider", f"Model {example}: proved accuracy under wider claims", [
        Column("claim", "claim", text=True), Column("size", "δ or ρ"),
        *(Column(name, name, below(6)) for name in names)], rows) if rows else None


def deployed_table(results, example):
    rows = results.study(example).get("deployed") or []
    said = {"real": "real", "float32": "float32, in any order of summation"}
    return Table("deployed", f"Model {example} as it is deployed: rounded weights, float32 arithmetic", [
        Column("format", "weights", text=True), Column("arithmetic", "arithmetic", text=True),
        Column("strategy", "strategy", text=True), Column("correct", "proved right", count),
        Column("bound", "accuracy at least", below(9)), Column("error", "error of a logit at most", general(3))],
        [{"format": r["weights_format"], "arithmetic": said.get(r["semantics"], r["semantics"]),
          "strategy": r["strategy"], "correct": int(r["correct"]), "bound": r["bound"], "error": r["logit_error"]}
         for r in rows],
        "Float32: every logit of every program that computes the layer in IEEE binary32 is proved to be within the "
        "error of the real one, and the margin is twice that.") if rows else None
