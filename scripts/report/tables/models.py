"""Tables about the models: quantiles, best and worst, distributions beside the published ones."""

import numpy as np

import published
import reference
from bounds import best_per_model
from estimates import kolmogorov_smirnov, mean_std
from groups import FAMILIES
from tables.theorems import MODEL_COLUMNS, model_fields
from tables import Column, Table, below, fixed, general

QUANTILES = (0, 5, 25, 50, 75, 95, 100)


def families(results):
    """family -> its strategies here, in the order of FAMILIES."""
    found = {name: [s for s in results.records if results.family(s) == name] for name in FAMILIES}
    return {name: strategies for name, strategies in found.items() if strategies}


def per_model(results):
    """One row per model: accuracy (or bracket), best bound of each family, faithfulness, loss."""
    bits = reference.bits(results)
    rows = {seed: {"seed": seed, "reference": bits.get(seed)} for seed in results.seeds}
    for seed, row in rows.items():
        records = [by_seed[seed] for by_seed in results.records.values() if seed in by_seed]
        if records:
            row["proved"] = max(r.bound for r in records)
            uppers = [r.upper / r.total for r in records if r.upper is not None]
            row["at_most"] = min(uppers) if uppers else None
        row.update(model_fields(results, seed))
        study = results.study(seed)
        row["sigma_ratio"] = study.get("qk_sigma_ratio")
        row["loss"] = (study.get("loss") or {}).get("loss")
        row["loss_error"] = (study.get("loss") or {}).get("loss_error")
        row["copying"] = (study.get("evou") or {}).get("diagonal_is_row_maximum")
        row["margin"] = ((study.get("evou") or {}).get("copying_margin") or {}).get("mean")
    for name, strategies in families(results).items():
        if name != "brute_force":
            for seed, (value, _) in best_per_model(results, strategies).items():
                rows[seed][name] = value
    return list(rows.values())


def model_columns(rows, results):
    columns = [Column("proved", "proved accuracy", below(7)), Column("at_most", "at most", fixed(7))]
    columns += [Column(n, f"{FAMILIES[n]} / accuracy", below(4)) for n in families(results) if n != "brute_force"]
    columns += [Column("sigma_ratio", "σ₁/σ₂ of QK", fixed(0)), Column("loss", "loss", general(3)),
                Column("loss_error", "its standard error", general(1)),
                Column("copying", "EVOU rows copying", fixed(3)), Column("margin", "mean copying margin", fixed(2))]
    columns += [Column("reference", "reference weights", text=True)] + MODEL_COLUMNS
    return [c for c in columns if any(r.get(c.key) is not None for r in rows)]


def model_table(results):
    rows = sorted(per_model(results), key=lambda r: -r.get("proved", 0))
    return Table("models", f"All {len(rows)} models", [Column("seed", "seed")] + model_columns(rows, results), rows,
                 "EVOU rows copying: share of tokens whose own logit is the largest that attending to them gives.",
                 folded=True)


def extreme_table(results, each=5):
    rows = sorted((r for r in per_model(results) if "proved" in r), key=lambda r: -r["proved"])
    chosen = rows if len(rows) <= 2 * each else rows[:each] + rows[-each:]
    return Table("extremes", f"The {each} best and the {each} worst models" if len(rows) > 2 * each else "The models",
                 [Column("seed", "seed")] + model_columns(rows, results), chosen)


def quantile_table(results):
    models = per_model(results)
    rows = []
    for column in model_columns(models, results):
        if column.text:
            continue
        values = [r[column.key] for r in models if r.get(column.key) is not None]
        row = {"quantity": column.label, "models": len(values)}
        row.update({f"q{q}": float(v) for q, v in zip(QUANTILES, np.percentile(values, QUANTILES))})
        rows.append(row)
    show = lambda v: f"{v:.6g}"
    return Table("quantiles", "Quantiles over the models",
                 [Column("quantity", "quantity", text=True)] +
                 [Column(f"q{q}", {0: "least", 50: "median", 100: "most"}.get(q, f"{q} %"), show) for q in QUANTILES] +
                 [Column("models", "models")], rows)


def distributions(results):
    """(label, our values, published values) of the quantities that were published per seed."""
    theirs = published.per_seed(results.n_ctx, results.d_vocab)
    if not theirs:
        return []
    total = results.d_vocab ** results.n_ctx
    brute, cubic = (results.records.get(s, {}) for s in ("brute_force", "cubic"))
    return [("exact accuracy", [r.bound for r in brute.values() if r.exact],
             [b / total for b, _ in theirs.values() if b]),
            ("cubic bound", [r.bound for r in cubic.values()], [c / total for _, c in theirs.values() if c]),
            ("cubic bound / exact accuracy",
             [v for v in map(results.normalised, cubic.values()) if v is not None],
             [c / b for b, c in theirs.values() if b and c])]


def distribution_table(results):
    rows = []
    for label, ours, theirs in distributions(results):
        if not ours:
            continue
        test = kolmogorov_smirnov(ours, theirs)
        row = {"quantity": label, "models": len(ours), "published_models": len(theirs)}
        row["ours_mean"], row["ours_std"] = mean_std(ours)
        row["published_mean"], row["published_std"] = mean_std(theirs)
        if test:
            row["statistic"], row["p"] = test
        rows.append(row)
    return Table("distributions", "Our models against the published ones, as distributions", [
        Column("quantity", "quantity", text=True), Column("ours_mean", "our mean", fixed(5)),
        Column("ours_std", "std", fixed(5)), Column("published_mean", "published mean", fixed(5)),
        Column("published_std", "std", fixed(5)), Column("statistic", "KS statistic", fixed(3)),
        Column("p", "KS p-value", general(2)), Column("models", "our models"),
        Column("published_models", "published models")], rows,
        "Two-sample Kolmogorov–Smirnov test. Training is chaotic in the last bits, so that the same seed ends in "
        "another model on another machine: only the distributions can agree.")
