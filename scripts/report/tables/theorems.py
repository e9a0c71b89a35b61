"""Tables of what is proved in Coq: by kind of proof over all models, by strategy for one of them."""

from statistics import median

from groups import FAMILIES
from tables import Column, Table, below, count, fixed, short


def operations(results, theorem):
    """Of maxcert's own verifier on the same proof and model, where there is such a certificate."""
    record = results.records.get(theorem.strategy, {}).get(theorem.seed)
    return record.proof_flops if record else None


def family(results, theorem):
    """Key of groups.FAMILIES."""
    if theorem.strategy in results.kinds:
        return results.family(theorem.strategy)
    name = theorem.strategy.split("/")[0]
    return name if name in FAMILIES else "other"


def model_fields(results, seed):
    """What the table of models says of a model's theorem: nothing without one."""
    theorem = results.theorems.best(seed)
    if not theorem:
        return {}
    return {"theorem": "exactly" if theorem.exact else "at least", "theorem_correct": theorem.correct,
            "theorem_seconds": theorem.seconds, "theorem_mb": theorem.vo_bytes / 1e6}


MODEL_COLUMNS = [Column("theorem", "theorem in Coq", text=True), Column("theorem_correct", "sequences in it", count),
                 Column("theorem_seconds", "kernel seconds", fixed(1)), Column("theorem_mb", ".vo MB", fixed(2))]


def proof_table(results):
    """One row per kind of proof, over all models."""
    by_proof = {}
    for theorem in results.theorems.all:
        by_proof.setdefault(theorem.proof, []).append(theorem)
    rows = []
    for proof, theorems in by_proof.items():
        shares = [t.correct / results.reference(t.seed)[0] for t in theorems if results.reference(t.seed)[0]]
        known = [(t, results.records.get(t.strategy, {}).get(t.seed)) for t in theorems]
        lengths = [r.proof_flops for _, r in known if r and r.proof_flops is not None]
        rows.append({"proof": proof, "models": len(theorems),
                     "kind": "the exact number" if all(t.exact for t in theorems) else
                     "a lower bound" if theorems[0].of_real_arithmetic else "a lower bound, of all float32 evaluations",
                     "share": sum(shares) / len(shares) if shares else None,
                     "at_least_ours": sum(t.correct >= r.correct for t, r in known if r),
                     "compared": sum(r is not None for _, r in known),
                     "flops": median(lengths) if lengths else None, "seconds": median(t.seconds for t in theorems),
                     "most_seconds": max(t.seconds for t in theorems), "all_seconds": sum(t.seconds for t in theorems),
                     "mb": sum(t.vo_bytes for t in theorems) / 1e6})
    rows.sort(key=lambda r: (-r["models"], r["seconds"], r["proof"]))
    return Table("theorems", "Theorems in Coq", [
        Column("proof", "proof", text=True), Column("kind", "states", text=True), Column("models", "models"),
        Column("share", "proved / true accuracy", below(4)), Column("at_least_ours", "count at least the certificate's"),
        Column("compared", "of"), Column("flops", "verifier's operations", short),
        Column("seconds", "kernel seconds, median", fixed(1)), Column("most_seconds", "most", fixed(1)),
        Column("all_seconds", "in all", fixed(0)), Column("mb", ".vo MB", fixed(1))], rows,
        "Proved by scripts/prove: theorems over the real numbers about exactly these weights, checked by Coq's kernel, which "
        "knows nothing of maxcert. Seconds of processor time for the weights' file and the proof, without the theory, which is "
        "compiled once; proofs that share a file share its seconds.", folded=len(rows) > 12)


def example_table(results, example):
    """One row per theorem about the example."""
    rows = []
    for theorem in results.theorems.of.get(example, []):
        record = results.records.get(theorem.strategy, {}).get(example)
        rows.append({"proof": theorem.proof, "statement": theorem.statement, "correct": theorem.correct,
                     "ours": record.correct if record else None, "flops": operations(results, theorem),
                     "seconds": theorem.seconds, "mb": theorem.vo_bytes / 1e6})
    return Table("formal", f"What Coq proves of model {example}", [
        Column("proof", "proof", text=True), Column("correct", "sequences proved", count),
        Column("ours", "certificate's count", count), Column("flops", "verifier's operations", short),
        Column("seconds", "kernel seconds", fixed(1)), Column("mb", ".vo MB", fixed(2)),
        Column("statement", "statement", text=True)], rows, folded=len(rows) > 12)
