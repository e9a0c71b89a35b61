"""The paper's table of groups and every strategy, beside the published numbers."""

from collections import Counter

import published
from bounds import best_per_model, best_within, group_cost, group_members, median_flops
from estimates import mean_std
from groups import FAMILIES, GROUPS
from tables import Column, Table, below, fixed, general, short


def _mean_std(mean, std):
    """A mean of proved bounds: rounded down."""
    return None if mean is None else below(4)(mean) + ("" if std is None else f" ± {std:.4f}")


def _accuracy(results):
    """Mean and deviation of the accuracy itself: exact, or the proved lower ends."""
    values = []
    for seed in results.seeds:
        found = [by_seed[seed].bound for by_seed in results.records.values() if seed in by_seed]
        if found:
            values.append(max(found))
    return mean_std(values) if values else (None, None)


def _verdict(name, row):
    ours = row.get("limited_mean", 0)
    if name == "brute_force":  # nothing can beat the accuracy itself
        return "met" if ours >= 1 else "not met"
    return "beaten" if ours > row["published_mean"] else "not met"


def group_table(results):
    """Rows of the paper's table that we have or the paper has; and the verdict of each."""
    theirs = published.groups(results.n_ctx)
    rows = []
    for name, label in GROUPS.items():
        row = {"group": label, "key": name}
        row["published_mean"], row["published_std"] = theirs.get(name, (None, None))
        if name == "brute_force" and name in results.records:
            row["ours_mean"], row["ours_std"] = _accuracy(results)
            row["models"] = len(results.records[name])
        else:
            for prefix, paper_only in (("ours", True), ("convex", False)):
                best = best_per_model(results, group_members(results, name, paper_only))
                if best:
                    row[f"{prefix}_mean"], row[f"{prefix}_std"] = mean_std([v for v, _ in best.values()])
                    row["models"] = len(best)
        if "models" not in row:
            continue
        row["published_flops"] = group_cost(results, name)
        if row["published_flops"]:
            within = best_within(results, 2 * row["published_flops"])
            if within:
                row["limited_mean"], row["limited_std"] = mean_std([v for v, _ in within.values()])
                row["limited_by"] = Counter(r.strategy for _, r in within.values()).most_common(1)[0][0]
                row["limited_flops"] = median_flops(results, row["limited_by"])
        if row["published_mean"] is not None:
            row["verdict"] = _verdict(name, row)
        for prefix in ("published", "ours", "convex", "limited"):
            row[prefix] = _mean_std(row.get(f"{prefix}_mean"), row.get(f"{prefix}_std"))
        rows.append(row)
    words = lambda key, label: Column(key, label, text=True)
    columns = [words("group", "group of strategies"), words("published", "published"),
               words("ours", "ours, same strategies"), words("convex", "with our options added"),
               Column("published_flops", "published FLOPs", short), words("limited", "ours within 2 × FLOPs"),
               words("limited_by", "by (most often)"), Column("limited_flops", "its FLOPs", short),
               words("verdict", "published bound is"), Column("models", "models")]
    columns = [c for c in columns if any(r.get(c.key) is not None for r in rows)]
    return Table("groups", "Accuracy bounds by group of strategies, mean ± standard deviation over models", columns,
                 rows, "Brute force: the accuracy itself. All others: per model the best bound of the group divided "
                 "by the model's accuracy. Published FLOPs of a group: those of the strategy that wins it, median "
                 "over models. “Ours within 2 × FLOPs”: per model the best of all our strategies whose "
                 "verifier needs at most twice that.")


def strategy_table(results):
    flops = published.proof_flops(results.n_ctx, results.d_vocab)
    rows = []
    for strategy, by_seed in results.records.items():
        records = list(by_seed.values())
        mean, std = mean_std([r.bound for r in records])
        relative = [v for v in map(results.normalised, records) if v is not None]
        ours = median_flops(results, strategy)
        theirs = flops.get(strategy)
        seconds = [r.wall_s for r in records if r.wall_s is not None]
        rows.append({"strategy": strategy, "family": FAMILIES[results.family(strategy)], "group": results.group(strategy),
                     "paper": "yes" if results.in_paper(strategy) else "new", "bound": mean, "std": std,
                     "relative": mean_std(relative)[0] if relative else None, "flops": ours,
                     "published_flops": theirs, "ratio": ours / theirs if ours and theirs else None,
                     "dimension": records[0].unexplained_dimension,
                     "seconds": sum(seconds) / len(seconds) if seconds else None, "models": len(records)})
    rows.sort(key=lambda r: -r["bound"])
    words = lambda key, label: Column(key, label, text=True)
    return Table("strategies", f"All {len(rows)} strategies", [
        words("strategy", "strategy"), words("family", "family"), words("paper", "in the paper"),
        Column("bound", "mean bound", below(4)), Column("std", "std", fixed(4)),
        Column("relative", "bound / accuracy", below(4)), Column("flops", "proof FLOPs", short),
        Column("published_flops", "published FLOPs", short), Column("ratio", "ours / published", general(2)),
        Column("dimension", "unexplained dimension", short), Column("seconds", "seconds", fixed(3)),
        Column("models", "models")], rows,
        "Proof FLOPs: operations that the verifier must do. Seconds: search and check, mean over models.", folded=True)
