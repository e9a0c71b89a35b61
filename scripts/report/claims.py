"""The paper's three claims, as statistics of these results, each with a verdict that follows from them."""

import math
from dataclasses import dataclass

from bounds import median_flops
from estimates import mean_interval, spearman, spearman_interval
from figures.bounds import error_points, strategy_points, svd_points
from tables.study import NOISE, RESIDUALS, studies


@dataclass
class Evidence:
    text: str
    value: float
    low: float
    high: float
    expected: int  # sign that the claim predicts
    what: str  # resampled over

    @property
    def holds(self):
        """True or False if the interval lies on one side of zero, else None."""
        if self.low * self.expected > 0 and self.high * self.expected > 0:
            return True
        if self.low * self.expected < 0 and self.high * self.expected < 0:
            return False
        return None

    def shown(self):
        return f"{self.text}: {self.value:+.2f} (95 % interval {self.low:+.2f} to {self.high:+.2f}, over {self.what})"


@dataclass
class Claim:
    key: str
    title: str
    explanation: str
    evidence: list
    missing: str  # what results would be needed, if there is no evidence

    @property
    def verdict(self):
        held = [e.holds for e in self.evidence]
        if not held:
            return "no results yet"
        if all(h is True for h in held):
            return "supported"
        if all(h is False for h in held):
            return "contradicted"
        return "partly supported" if any(h is True for h in held) else "not settled"


def _add(evidence, found, text, expected, what):
    if found:
        evidence.append(Evidence(text, *found, expected, what))


def understanding(results):
    """(a) over strategies: length with what is left unexplained, and with what is proved."""
    evidence, dimensions = [], []
    for strategy, by_seed in results.records.items():
        flops, dimension = median_flops(results, strategy), next(iter(by_seed.values())).unexplained_dimension
        if flops and dimension and results.in_paper(strategy):
            dimensions.append((flops, dimension, results.group(strategy)))
    # One point per group: strategies within a group differ in neither by much.
    groups = {}
    for flops, dimension, name in dimensions:
        groups.setdefault(name, []).append((flops, dimension))
    middle = [(sum(math.log(p[0]) for p in v) / len(v), sum(math.log(p[1]) for p in v) / len(v))
              for v in groups.values()]
    if len(middle) > 3:
        _add(evidence, spearman_interval(*zip(*middle)),
             "rank correlation of proof length with unexplained dimension, groups of strategies", +1,
             f"{len(middle)} groups")
    if len(dimensions) > 3:
        _add(evidence, spearman_interval([d[0] for d in dimensions], [d[1] for d in dimensions]),
             "the same over single strategies", +1, f"{len(dimensions)} strategies")
    points = [p for p in strategy_points(results) if results.in_paper(p[2])]
    if len(points) > 3:
        _add(evidence, spearman_interval([p[0] for p in points], [p[1] for p in points]),
             "rank correlation of proof length with the bound", +1, f"{len(points)} strategies")
    explanation = ("If a proof may be short only where the mechanism is understood, then what it leaves unexplained must "
                   "grow with its length, and what understanding does not cover is paid for in the bound.")
    inner = [d[0] for d in dimensions if d[2] not in ("brute_force", "cubic")]
    if inner and len(inner) < len(dimensions):
        explanation += (f" From brute force to the shortest proof the length falls by a factor of "
                        f"{max(d[0] for d in dimensions) / min(inner):,.0f} and the unexplained dimension by "
                        f"{max(d[1] for d in dimensions) / min(d[1] for d in dimensions):,.0f}; among the subcubic "
                        f"strategies themselves lengths differ by at most {max(inner) / min(inner):.1f}, so that "
                        "constants settle their order.")
    return Claim("a", "Shorter proofs need, and give, more mechanistic understanding", explanation,
                 evidence, "proof lengths of several groups of strategies")


def tightness(results):
    """(b) over models: the more faithful the explanation, the tighter the bound."""
    evidence = []
    points = svd_points(results)
    if len(points) > 3:
        _add(evidence, spearman_interval([p[0] for p in points], [p[1] for p in points]),
             "rank correlation of σ₁/σ₂ of QK with the best rank-one (svd) bound", +1, f"{len(points)} models")
    for error, chosen in error_points(results).items():
        if error == "svd" and len(chosen) > 3:
            _add(evidence, spearman_interval([p[0] for p in chosen], [p[1] for p in chosen]),
                 "rank correlation of the size of the unexplained part (√2 σ₁) with the svd bound", -1,
                 f"{len(chosen)} models")
    return Claim("b", "More faithful understanding gives tighter bounds",
                 "The svd strategies explain QK as a rank-one matrix. The larger σ₁/σ₂, the better that "
                 "describes the model; the bound should be tighter on exactly those models.",
                 evidence, "svd strategies on at least four models")


def compounding(results):
    """(c) within each model: noise bounded in more pieces is overstated more, and proves less."""
    evidence = []
    for residual, where in RESIDUALS.items():
        per_model = []
        for noise in studies(results, "qk_noise").values():
            methods = noise.get(residual, {}).get("methods", {})
            known = [(NOISE[m][0], v["ratio"]) for m, v in methods.items() if m in NOISE]
            value = spearman([k[0] for k in known], [k[1] for k in known])
            if value is not None:
                per_model.append(value)
        _add(evidence, mean_interval(per_model), "rank correlation, within a model, of the number of matrices bounded "
             f"apart with the looseness of the bound ({where})", +1, f"{len(per_model)} models")
    by_seed = {}
    for chosen in error_points(results).values():
        for err, bound, seed, _ in chosen:
            by_seed.setdefault(seed, []).append((err, bound))
    values = [spearman(*zip(*v)) for v in by_seed.values() if len(v) > 3]
    values = [v for v in values if v is not None]
    _add(evidence, mean_interval(values), "rank correlation, within a model, of the bound on the noise with the "
         "accuracy proved, over the error options", -1, f"{len(values)} models")
    return Claim("c", "Compounding noise is the obstacle",
                 "The unexplained part of QK is small, but it is a product of four matrices of noise. Bounding them one "
                 "by one, as a short proof must, multiplies the looseness, as if all errors conspired.",
                 evidence, "the study of at least two models")


def all_claims(results):
    return [understanding(results), tightness(results), compounding(results)]
