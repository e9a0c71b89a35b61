#!/usr/bin/python3
"""Tables, figures and an HTML report of a results folder of `maxcert run` (see README.md)."""

import argparse
import gc
import multiprocessing
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's matrices here are small, and its threads would only wait

try:
    import claims
    import figures.bounds
    import figures.failures
    import figures.formal
    import figures.models
    import sections
    import tables.frontier
    import tables.groups
    import tables.models
    import tables.study
    import tables.theorems
    from page import page
    from plotting import Album
    from results import BadResults, Results
except ImportError as error:
    sys.exit(f"report: {error}; install python3-numpy, python3-scipy, python3-matplotlib and python3-zstandard")


def make_tables(results, example):
    made = {"ladder": sections.ladder(results), "frontiers": tables.frontier.frontier_table(results),
            "groups": tables.groups.group_table(results),
            "strategies": tables.groups.strategy_table(results),
            "distributions": tables.models.distribution_table(results),
            "quantiles": tables.models.quantile_table(results), "extremes": tables.models.extreme_table(results),
            "models": tables.models.model_table(results), "noise": tables.study.noise_table(results),
            "ablations": tables.study.ablation_table(results, example),
            "paths": tables.study.path_table(results, example), "brackets": tables.study.bracket_table(results),
            "wider": tables.study.wider_table(results, example),
            "deployed": tables.study.deployed_table(results, example),
            "theorems": tables.theorems.proof_table(results), "formal": tables.theorems.example_table(results, example)}
    return {name: table if table and table.rows else None for name, table in made.items()}


FIGURES = {"frontier": figures.bounds.frontier, "dimension": figures.bounds.dimension,
           "faithfulness": figures.bounds.faithfulness, "margins": figures.bounds.margins, "radii": figures.bounds.radii,
           "errors": figures.bounds.errors, "families": figures.bounds.families_per_model,
           "formal": figures.formal.formal, "failures": figures.failures.failures,
           "heat_maps": figures.models.heat_maps, "gaps": figures.models.gaps, "training": figures.models.training,
           "ablations": figures.models.ablations, "noise": figures.models.noise,
           "distributions": figures.models.distribution, "brackets": figures.models.brackets}
OF_EXAMPLE = ("margins", "radii", "formal", "failures", "heat_maps", "gaps", "training")
SLOW_FIRST = ("heat_maps", "claims", "frontier", "failures", "gaps", "noise")


def _part(name):
    """One figure, or the claims, in a process of its own, which finds the results as they were when it was forked."""
    results, example, album = _shared
    if name == "claims":
        return claims.all_claims(results)
    return FIGURES[name](results, *([example] if name in OF_EXAMPLE else []), album)


_shared = None


def make_parts(results, example, album):
    """Tables, figures and claims, side by side on all cores: drawing is most of the work."""
    global _shared
    _shared = (results, example, album)
    names = sorted(["claims", *FIGURES], key=lambda n: SLOW_FIRST.index(n) if n in SLOW_FIRST else len(SLOW_FIRST))
    with multiprocessing.get_context("fork").Pool(min(os.cpu_count() or 1, 8)) as pool:
        drawing = pool.map_async(_part, names, chunksize=1)
        tables = make_tables(results, example)
        parts = dict(zip(names, drawing.get()))
    found = parts.pop("claims")
    return tables, parts, found


NEEDS = {  # what to say of figures that cannot be drawn; the others stay out without a word
    "frontier": "figure left out: needs a strategy with a proof length and an upper end (brute_force, multiset or "
                "convolution)",
    "dimension": "figure left out: needs two strategies with proof length",
    "faithfulness": "figure left out: needs svd strategies on three models",
    "margins": "figure left out: needs a model that was studied thoroughly (seed 123, or the first configured)",
    "heat_maps": "figure left out: the weights file cannot be read",
    "gaps": "figure left out: needs subcubic certificates of this model",
    "noise": "figure left out: needs the study in model.json",
}


def write_report(results, out, example):
    start = time.monotonic()
    tables, figures, found = make_parts(results, example, Album(out / "figures"))
    for table in filter(None, tables.values()):
        table.write(out / "tables")
    lines = sections.missing(results, [(n, why) for n, why in NEEDS.items() if figures[n] is None])
    title = f"maxcert: {len(results.seeds)} Max-of-{results.n_ctx} models"
    ladder = tables["ladder"] or sections.ladder(results)
    html = page(title, [
        ("top", "", sections.opening(results, example, figures, ladder, found)),
        ("claims", "The claims of the paper", sections.claims(found, figures, tables)),
        ("published", "Beside the published numbers", sections.comparison(figures, tables)),
        ("new", "What is new here", sections.news(results, figures, tables, example)),
        ("theorems", "Theorems in Coq", sections.theorems(results, figures, tables, example)),
        ("models", "The models", sections.models(results, figures, tables, example)),
        ("failures", "Where a model fails", sections.failures(results, figures, example)),
        ("missing", "What is missing", sections.missing_section(lines)),
        ("provenance", "Provenance", sections.provenance(results, time.monotonic() - start)),
    ])
    (out / "index.html").write_text(html)
    return found, lines


def main():
    parser = argparse.ArgumentParser(prog="report", description=__doc__)
    parser.add_argument("--results", required=True, metavar="DIR", help="a folder written by maxcert run")
    parser.add_argument("--out", metavar="DIR", help="where to write; default DIR/report")
    parser.add_argument("--seed", type=int, help="the model to show in detail; default 123 or the first there is")
    parser.add_argument("--theorems", metavar="DIR|FILE", help="where scripts/prove wrote, or its table; default DIR/theorems")
    arguments = parser.parse_args()
    gc.disable()  # the results stay until the end: looking through them again and again finds nothing
    out = Path(arguments.out or Path(arguments.results) / "report")
    try:
        results = Results(arguments.results, arguments.theorems)
        if not results.seeds:
            raise BadResults(f"{arguments.results}: holds no finished model yet; maxcert run makes them")
        example = results.example(arguments.seed)
        out.mkdir(parents=True, exist_ok=True)
        found, lines = write_report(results, out, example)
    except BadResults as error:
        print(f"report: {error}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"report: {error}", file=sys.stderr)
        return 5
    for claim in found:
        print(f"({claim.key}) {claim.title}: {claim.verdict}")
        for evidence in claim.evidence:
            print(f"    {evidence.shown()}")
    if lines:
        print("missing:")
        for line in lines:
            print(f"  {line}")
    print(f"report in {out}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
