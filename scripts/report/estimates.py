"""The few statistics that the report needs. Resampling is seeded: the same results give the same report."""

import numpy as np

RESAMPLES = 2000


def mean_std(values):
    """Mean and sample standard deviation (None for a single value)."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None


def ranks(values):
    """Of each row's values, from 1, equal ones sharing their mean rank."""
    values = np.asarray(values, float)
    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    places = np.arange(1, values.shape[-1] + 1, dtype=float)
    starts = np.ones(values.shape, bool)  # of a run of equal values
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    ends = np.ones(values.shape, bool)
    ends[..., :-1] = starts[..., 1:]
    first = np.maximum.accumulate(np.where(starts, places, 0), axis=-1)
    last = np.flip(np.minimum.accumulate(np.flip(np.where(ends, places, np.inf), axis=-1), axis=-1), axis=-1)
    found = np.empty(values.shape)
    np.put_along_axis(found, order, (first + last) / 2, axis=-1)
    return found


def _correlations(x, y):
    """Of each row of x with the same row of y; nan where one of them is constant."""
    x, y = (v - v.mean(axis=-1, keepdims=True) for v in (x, y))
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=-1) / np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))


def spearman(x, y):
    """Rank correlation, None where it is not defined."""
    if len(x) < 3 or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    return float(_correlations(ranks(x), ranks(y)))


def spearman_interval(x, y):
    """(rank correlation, low, high): 95 % bootstrap interval over the pairs; None if undefined."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    whole = spearman(x, y)
    if whole is None:
        return None
    chosen = np.random.default_rng(1).integers(0, len(x), (RESAMPLES, len(x)))
    found = _correlations(ranks(x[chosen]), ranks(y[chosen]))
    low, high = np.percentile(found[~np.isnan(found)], [2.5, 97.5])
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
    from scipy import stats  # takes most of a second to load
    found = stats.ks_2samp(ours, theirs)
    return float(found.statistic), float(found.pvalue)


def pareto(points):
    """The points (cost, gain, ...) that no other beats with at most their cost, by rising cost."""
    frontier = []
    for point in sorted(points, key=lambda p: (p[0], -p[1])):
        if not frontier or point[1] > frontier[-1][1]:
            frontier.append(point)
    return frontier
