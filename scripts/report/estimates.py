"""The few statistics that the report needs. Resampling is seeded: the same results give the same report."""

import numpy as np
from scipy import stats

RESAMPLES = 2000


def mean_std(values):
    """Mean and sample standard deviation (None for a single value)."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None


def spearman(x, y):
    """Rank correlation, None where it is not defined."""
    if len(x) < 3 or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    return float(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1])


def spearman_interval(x, y):
    """(rank correlation, low, high): 95 % bootstrap interval over the pairs; None if undefined."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    whole = spearman(x, y)
    if whole is None:
        return None
    random = np.random.default_rng(1)
    found = []
    for _ in range(RESAMPLES):
        chosen = random.integers(0, len(x), len(x))
        value = spearman(x[chosen], y[chosen])
        if value is not None:
            found.append(value)
    low, high = np.percentile(found, [2.5, 97.5])
    return whole, float(low), float(high)


def mean_interval(values):
    """(mean, low, high): 95 % bootstrap interval of a mean over models."""
    values = np.asarray(values, float)
    if len(values) < 2:
        return None
    random = np.random.default_rng(1)
    means = values[random.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def kolmogorov_smirnov(ours, theirs):
    """(statistic, p-value) of the two-sample test; None with fewer than two values on a side."""
    if len(ours) < 2 or len(theirs) < 2:
        return None
    found = stats.ks_2samp(ours, theirs)
    return float(found.statistic), float(found.pvalue)


def pareto(points):
    """The points (cost, gain, ...) that no other beats with at most their cost, by rising cost."""
    frontier = []
    for point in sorted(points, key=lambda p: (p[0], -p[1])):
        if not frontier or point[1] > frontier[-1][1]:
            frontier.append(point)
    return frontier
