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
