"""Which parameters decide, as lines and as JSON."""

from collections.abc import Iterator

from mech_exo.report.formats import percent
from mech_exo.report.plain_json import json_text
from mech_exo.tuning.importance import Importances

METHODS = {"ped-anova": "PED-ANOVA", "fanova": "fANOVA"}
BAR = 8  # cells of the greatest share


def importance_json(study: str, found: Importances) -> str:
    """One JSON object with exact shares."""
    return json_text(
        {
            "study": study,
            "target": found.target,
            "better": found.better or None,
            "evaluator": found.evaluator,
            "trials": found.trials,
            "shares": dict(found.shares),
            "halves": {name: list(pair) for name, pair in found.halves.items()},
            "left_out": list(found.left_out),
            "doubt": found.doubt,
            "sampler": found.sampler,
        }
    )


def importance_lines(study: str, found: Importances) -> Iterator[str]:
    """A line a parameter, of at most 60 cells where the names allow it."""
    way = f", {found.better} is better" if found.better else ""
    yield f"importance   for {found.target}{way}"
    yield f"study        {study}, {found.trials} feasible trials"
    yield f"by           {METHODS[found.evaluator]}"
    width = max(map(len, found.shares), default=0)
    most = max(found.shares.values(), default=0.0) or 1.0
    if found.halves:
        yield f"{'':<{width}}   share   in halves"
    for name, share in found.shares.items():
        halves = found.halves.get(name)
        between = f"{percent(halves[0]):>7} –{percent(halves[1]):>7}" if halves else ""
        bar = "▇" * round(BAR * share / most)
        yield f"{name:<{width}} {percent(share):>7}  {between:<16}  {bar}".rstrip()
    if found.left_out:
        yield f"left out: {', '.join(found.left_out)} (not in all trials)"
    if found.local:
        yield f"{found.sampler} looks mostly where it is good: shares are about that"
        yield "region; those of a random or qmc study are about the whole."
