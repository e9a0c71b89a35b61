"""The families of strategies and the groups of the paper's table."""

DIRECT = ("max_diff_exact", "global_max_diff_exact", "max_diff_centred", "mean_query+max_diff", "svd_query+max_diff",
          "max_diff")
ATTENTION = ("drop_average_query_per_output_logit_reasoning", "mean_query+diff", "convex")
ERROR = ("exact_EQKE+max_diff_exact", "max_diff_exact", "max_diff", "mean+max_diff", "max_diff_subproduct",
         "mean+max_diff_subproduct", "svd", "max_diff_subproduct_recursive", "mean+max_diff_subproduct_recursive",
         "mean_recursive+max_diff_subproduct_recursive")

# The rows of the paper's table, in its order: key of data/published/groups.csv -> what it means.
GROUPS = {
    "brute_force": "brute force",
    "cubic": "cubic",
    "subcubic": "subcubic, QK and direct path exact",
    "attention_vocab_model_squared": "low-rank QK",
    "direct_quadratic": "low-rank direct path",
    "attention_vocab_model_squared+direct_quadratic": "low-rank QK and direct path",
    "attention_quadratic": "quadratic QK",
    "attention_quadratic+direct_quadratic": "quadratic QK, low-rank direct path",
}

FAMILIES = {
    "brute_force": "brute force",
    "cubic": "cubic",
    "subcubic": "subcubic (paper)",
    "convex": "subcubic, convex (new)",
    "centred": "subcubic, centred (new)",
    "window": "window (new)",
    "multiset": "multiset (new)",
    "convolution": "convolution (new)",
    "other": "other",
}


def parts(strategy):
    """(direct, attention, error) of a subcubic strategy, else None."""
    names = tuple(strategy.split("/"))
    if len(names) == 3 and names[0] in DIRECT and names[1] in ATTENTION and names[2] in ERROR:
        return names
    return None


def family(strategy):
    split = parts(strategy)
    if split:
        if split[0] == "max_diff_centred":
            return "centred"
        return "convex" if split[1] == "convex" else "subcubic"
    first = strategy.split("/")[0]
    return first if first in FAMILIES else "other"


def in_paper(strategy):
    return family(strategy) in ("brute_force", "cubic", "subcubic")


def group(strategy):
    """Key of the paper's group that a strategy belongs to, or would if it were the paper's; or None."""
    if strategy in ("brute_force", "cubic"):
        return strategy
    split = parts(strategy)
    if not split:
        return None
    direct, _, error = split
    names = []
    if "recursive" in error:
        names.append("attention_quadratic")
    elif error not in ("exact_EQKE+max_diff_exact", "max_diff_exact"):
        names.append("attention_vocab_model_squared")
    if direct in ("mean_query+max_diff", "svd_query+max_diff", "max_diff"):
        names.append("direct_quadratic")
    return "+".join(names) or "subcubic"
