"""What the report says, section by section."""

import platform
from collections import Counter

import matplotlib
import numpy
import scipy

import page
import reference
from bounds import best_per_model, median_flops
from estimates import mean_std
from groups import FAMILIES
from published import groups as published_groups
from tables.models import families
from tables import Column, Table, below, fixed, short


def power(base, exponent):
    superscript = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{base}{superscript}"


def percent(value, digits=2):
    """Never rounded up: 99.998 % must not read as 100 %."""
    scale = 10 ** (digits + 2)
    return f"{int(value * scale) / scale:.{digits}%}"


def _proved(results, seed):
    records = [by_seed[seed] for by_seed in results.records.values() if seed in by_seed]
    return max(records, key=lambda r: (r.correct, r.exact), default=None)


def ladder(results):
    """From the longest proof to the shortest: what it takes and what it proves, by family."""
    theirs = published_groups(results.n_ctx)
    words = {"brute_force": "run the network on every sequence",
             "cubic": "attention and copying tabulated token by token",
             "subcubic": "QK, or the direct path, replaced by simple explanations and error bounds",
             "convex": "as subcubic, the logits bounded by chords of a convex function",
             "centred": "as subcubic, direct path and copying taken relative to the maximum",
             "window": "only the few largest tokens followed exactly",
             "multiset": "branch and bound over which tokens occur",
             "convolution": "distribution of the attention-weighted sums"}
    rows = []
    for name, strategies in families(results).items():
        best = best_per_model(results, strategies)
        if not best:
            continue
        mean, std = mean_std([v for v, _ in best.values()])
        if name == "brute_force":
            mean, std = mean_std([r.bound for _, r in best.values()])
        winner = Counter(r.strategy for _, r in best.values()).most_common(1)[0][0]
        row = {"family": FAMILIES[name], "how": words.get(name), "flops": median_flops(results, winner), "mean": mean,
               "std": std, "winner": winner, "models": len(best)}
        if name in theirs:
            row["published"] = f"{theirs[name][0]:.4g} ± {theirs[name][1]:.2g}"
        rows.append(row)
    rows.sort(key=lambda r: -(r["flops"] or 0))
    return Table("ladder", "From long proofs to short ones", [
        Column("family", "kind of proof", text=True), Column("how", "how", text=True),
        Column("flops", "verifier's operations", short), Column("mean", "proved / true accuracy", below(4)),
        Column("std", "std", fixed(4)), Column("published", "published", text=True), Column("models", "models")], rows,
        "Best strategy of each kind on each model, mean over models; operations of the one that wins most often. "
        "Brute force: the accuracy itself.")


def opening(results, example, figures, ladder_table, found):
    k, v = results.n_ctx, results.d_vocab
    total = v ** k
    bests = {s: _proved(results, s) for s in results.seeds}
    bests = {s: r for s, r in bests.items() if r}
    bounds = [r.bound for r in bests.values()]
    exact = sum(results.reference(s)[1] for s in results.seeds)
    html = f"<h1>Proved accuracy of {len(results.seeds)} Max-of-{k} transformers</h1>\n"
    html += page.paragraph(
        f"Small attention-only transformers were trained to name the largest of {k} numbers from 0 to {v - 1}. "
        f"For each trained model <em>maxcert</em> then <strong>proves</strong> how often it is right: not on a sample, "
        f"but a guaranteed lower bound over all {page.text(power(v, k))} inputs, with every rounding error accounted "
        "for. A bound can be proved by trying every input (a long proof) or from an explanation of how the model works "
        "(a short one). This report puts both beside the numbers published in "
        "<em>Compact Proofs of Model Performance via Mechanistic Interpretability</em> (arXiv 2406.11779).", "lead")
    if bounds:
        mean, std = mean_std(bounds)
        numbers = [(f"{len(bests)} models", f"trained and proved, of {len(results.wanted)} configured"),
                   (percent(mean, 3), "of all inputs proved right, mean over models" +
                    (f" (± {std:.2%})" if std is not None else "")),
                   (f"{exact} exact", "models whose number of right answers is known exactly")]
        widths = [results.reference(s)[0] / r.total - r.bound for s, r in bests.items() if results.reference(s)[0]]
        if exact == 0 and widths:
            numbers[-1] = (f"{sum(widths) / len(widths):.1e}", "between the proved ends of the accuracy, on average")
        short_rows = [r for r in ladder_table.rows if r["flops"] and r["family"] not in
                      (FAMILIES["brute_force"], FAMILIES["cubic"])]
        if short_rows:
            best = max(short_rows, key=lambda r: r["mean"] if r["flops"] < 2e7 else 0)
            numbers.append((percent(best["mean"], 1), f"of that accuracy from a proof of {short(best['flops'])} "
                            f"operations: {best['family']}"))
        html += page.cards(numbers)
        record = bests.get(example)
        if record:
            sha = results.models[example].get("weights_sha256", "")
            count, known = results.reference(example)
            upper = "exactly that many" if known else (f"at most {count:,}" if count else "no upper end proved")
            html += ('<div class="theorem"><p><strong>The theorem, for the model of seed '
                     f"{example}.</strong> In exact real arithmetic, with exactly the weights "
                     f"<code>{page.text(sha[:16])}…</code>, at least <strong>{record.correct:,}</strong> of the "
                     f"{total:,} input sequences get a logit at their maximum strictly above every other logit "
                     f"({percent(record.bound, 4)}; {upper}).</p><p class=\"soft\">Proved by "
                     f"<code>{page.text(record.strategy)}</code>. Recheck it, and all others, with the checker alone: <code>maxcert "
                     f"verify --results {page.text(results.folder.name)}</code></p>{_in_coq(results, example)}</div>\n")
    html += page.table(ladder_table) + page.figure(figures["frontier"])
    glance = "".join(f"<li>({c.key}) {page.text(c.title)} {badge(c)}</li>" for c in found)
    return html + f'<p><strong>The claims of the paper, on these models:</strong></p><ul class="glance">{glance}</ul>\n'


def _in_coq(results, example):
    theorem = results.theorems.best(example)
    if not theorem:
        return ""
    return (f'<p class="soft">Also a theorem in Coq: <code>{page.text(theorem.statement)}</code>, checked by its kernel in '
            f"{theorem.seconds:.1f} s.</p>")


def theorems(results, figures, tables, example):
    """Nothing where scripts/prove was not run."""
    best = {s: t for s, t in ((s, results.theorems.best(s)) for s in results.seeds) if t}
    if not results.theorems.of:
        return ""
    exact = sum(t.exact for t in best.values())
    lower = f", a lower bound for {len(best) - exact} more" if len(best) > exact else ""
    return (page.paragraph(f"Of {len(results.seeds)} models, the exact number of right sequences is a theorem in Coq for {exact}"
                           f"{lower}; the table of all models names each.") +
            page.table(tables["theorems"]) + page.figure(figures["formal"]) + page.table(tables["formal"]))


def claims(found, figures, tables):
    shown = {"a": [figures["dimension"]], "b": [figures["faithfulness"]], "c": [figures["noise"], figures["errors"]]}
    html = page.paragraph("Each verdict follows from the statistics under it: supported if all intervals lie on the "
                          "side that the claim predicts, contradicted if all lie on the other.")
    for claim in found:
        html += f"<h3>({claim.key}) {page.text(claim.title)} {badge(claim)}</h3>\n"
        html += page.paragraph(page.text(claim.explanation))
        if claim.evidence:
            html += "<ul>" + "".join(f"<li>{page.text(e.shown())}</li>" for e in claim.evidence) + "</ul>\n"
        else:
            html += page.paragraph(f"This needs {page.text(claim.missing)}.", "soft")
        html += "".join(page.figure(f) for f in shown[claim.key])
        if claim.key == "c":
            html += page.table(tables["noise"])
    return html


def badge(claim):
    return page.badge(claim.verdict)


def comparison(figures, tables):
    html = page.table(tables["frontiers"]) + page.table(tables["groups"]) + page.table(tables["distributions"]) + page.figure(figures["distributions"])
    return html + page.figure(figures["families"]) + page.table(tables["strategies"])


def news(results, figures, tables, example):
    html = "<ul>"
    proofs = sum(len(r) for r in results.records.values())
    html += (f"<li><strong>Soundness.</strong> All {proofs:,} bounds here hold for the weights as they are, in real "
             "arithmetic: every number that decides anything is enclosed by outward rounding, in double intervals "
             "first and in MPFR where these leave it open, and counts are integers. Each is a certificate that "
             "<code>maxcert verify</code> rechecks without trusting the search. Evaluations in floating point, as "
             "published, come without that.</li>")
    notes = {"convex": "<strong>Convex.</strong> The logits as a function of the attention on the maximum are convex: "
                       "chords bound them per output.",
             "centred": "<strong>Centred.</strong> Direct path and copying are taken relative to the maximum before "
                        "they are bounded, so that what they share cancels.",
             "window": "<strong>Windows.</strong> The few tokens just below the maximum are followed exactly, all "
                       "others together: a multiset proof at the price of a subcubic one.",
             "multiset": "<strong>Multisets.</strong> Branch and bound over which tokens occur, not where: brackets "
                         "the accuracy from both sides, also where there are too many sequences to try.",
             "convolution": "<strong>Convolution.</strong> A wrong output wins if a sum of independent terms is "
                            "positive: its distribution is a convolution, polynomial in the length."}
    present = families(results)
    html += "".join(f"<li>{note}</li>" for name, note in notes.items() if name in present)
    if figures["margins"]:
        html += ("<li><strong>Margins.</strong> Every strategy also proves that the right logit wins by more than δ, "
                 "which covers what float32 arithmetic changes.</li>")
    html += "</ul>\n" + page.table(tables["brackets"]) + page.figure(figures["brackets"])
    html += page.table(tables["deployed"]) + page.table(tables["wider"])
    return html + page.figure(figures["margins"]) + page.figure(figures["radii"])


def models(results, figures, tables, example):
    order = ("heat_maps", "ablations", "gaps", "training")
    html = page.paragraph(f"Details are shown for the model of seed {example}. {reference.sentence(results)}", "soft")
    html += page.figure(figures[order[0]]) + page.table(tables["paths"]) + page.figure(figures[order[1]])
    html += page.table(tables["ablations"]) + page.table(tables["quantiles"]) + page.table(tables["extremes"])
    return html + page.table(tables["models"]) + "".join(page.figure(figures[n]) for n in order[2:])


def failures(results, figures, example):
    """Nothing where no model was looked at sequence by sequence."""
    if not figures["failures"]:
        return ""
    found = (results.study(example) or {}).get("failures", {})
    said = ""
    if found.get("wrong"):
        top = max(range(results.d_vocab), key=lambda m: found["by_maximum"][m])
        few = sum(found["by_copies"][2:])
        said = (f" For the model of seed {example}, {found['by_maximum'][top]:,} of its {found['wrong']:,} wrong sequences have "
                f"the maximum {top}, and in {few:,} the maximum occurs more than once.")
    return (page.paragraph("Every sequence whose maximum is proved not to win was listed, with the same enclosures that count "
                           f"the right ones.{said}") + page.figure(figures["failures"]))


def missing(results, absent):
    """What is not there: seeds, records, figures and tables, each with what would bring it."""
    lines = []
    if results.missing_seeds:
        lines.append(f"{len(results.missing_seeds)} of {len(results.wanted)} configured models: seeds "
                     + _some(results.missing_seeds))
    for strategy, seeds in results.missing_records().items():
        lines.append(f"{strategy}: no record for {len(seeds)} of {len(results.seeds)} models ({_some(seeds)})")
    for strategy, by_seed in sorted(results.skipped.items()):
        lines.append(f"{strategy}: skipped for {len(by_seed)} models, as the certificates say")
    unfinished = sum(not r.complete for by_seed in results.records.values() for r in by_seed.values())
    if unfinished:
        lines.append(f"{unfinished} records ended early by a limit (their bounds hold)")
    inside = lambda p: p.relative_to(results.folder) if p.is_relative_to(results.folder) else p
    lines += [f"unreadable, left out: {inside(p)}" for p in results.unreadable]
    if results.theorems.foreign:
        lines.append(f"theorems in Coq left out, which are about other weights: seeds {_some(results.theorems.foreign)}")
    lines += [f"{name}: {why}" for name, why in absent]
    return lines


def missing_section(lines):
    if not lines:
        return ""
    return (page.paragraph("The report shows what is there. <code>maxcert run</code> with the same folder completes "
                           "models and records.") + "<ul>" + "".join(f"<li>{page.text(x)}</li>" for x in lines) + "</ul>\n")


def _some(values, most=12):
    return ", ".join(map(str, values[:most])) + (", …" if len(values) > most else "")


def _distinct(values):
    return _some(sorted({str(v) for v in values if v is not None}), 6) or "not recorded"


def provenance(results, seconds):
    records = [r for by_seed in results.records.values() for r in by_seed.values()]
    trained = [(results.models[s].get("run") or {}).get("train_s") for s in results.seeds]
    pairs = [("results", results.folder.resolve()), ("configuration", results.config.get("name", "")),
             ("configuration hash", results.config.get("config_hash", "")),
             ("shape", ", ".join(f"{k} {v}" for k, v in results.config["shape"].items())),
             ("training", ", ".join(f"{k} {v}" for k, v in results.config.get("train", {}).items())),
             ("program", results.config.get("program", "")),
             ("models, certificates", f"{len(results.seeds)}, {len(records):,}"),
             ("margin", _distinct(r.margin for r in records)),
             ("training time", f"{sum(t for t in trained if t):.0f} s of one core"),
             ("proof time", f"{sum(r.wall_s or 0 for r in records):.0f} s of one core"),
             ("machine", _distinct(r.host or None for r in records)),
             ("threads per proof", _distinct(r.threads for r in records))]
    dates = sorted(r.date for r in records if r.date)
    if dates:
        pairs.append(("certified", f"{dates[0]} to {dates[-1]}"))
    environments = [results.models[s].get("environment") or {} for s in results.seeds]
    for key in sorted({k for e in environments for k in e}):
        pairs.append((f"training: {key.replace('_', ' ')}", _distinct(e.get(key) for e in environments)))
    pairs += [("report", f"Python {platform.python_version()}, numpy {numpy.__version__}, scipy {scipy.__version__}, "
               f"matplotlib {matplotlib.__version__}, {platform.machine()}"), ("report written in", f"{seconds:.0f} s")]
    hashes = "\n".join(f"{s} {results.models[s].get('weights_sha256', '')}" for s in results.seeds)
    return (page.facts(pairs) + "<details><summary>Hashes of the weights</summary>\n"
            f"<pre>{page.text(hashes)}</pre></details>\n")
