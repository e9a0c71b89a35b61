"""Whether models have the weights that the same configuration and seed gave where data/reference was made, bit for bit."""

import csv

from published import FOLDER

SAME, OTHER = "yes", "no"


def bits(results):
    """seed -> SAME or OTHER, of the models whose configuration and seed have a reference."""
    path = FOLDER.parent / "reference" / f"{results.config.get('name')}.csv"
    if not path.exists():
        return {}
    with open(path, newline="") as file:
        known = {(int(row["seed"]), row["config_hash"]): row["weights_sha256"] for row in csv.DictReader(file)}
    found = {}
    for seed, model in results.models.items():
        sha256 = known.get((seed, model.get("config_hash")))
        if sha256:
            found[seed] = SAME if sha256 == model.get("weights_sha256") else OTHER
    return found


def sentence(results):
    """What maxcert run and status say; nothing without a reference."""
    found = list(bits(results).values())
    if not found:
        return ""
    same = found.count(SAME)
    return (f"{same} of {len(found)} models have the reference weights bit for bit (data/reference)" +
            ("; the others are of the same distribution, trained in another environment." if same < len(found) else "."))
