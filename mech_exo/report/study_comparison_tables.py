"""Studies side by side, as tables and as JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from mech_exo.backtest.metrics import METRICS
from mech_exo.factor_file.document import HYPERPARAMETERS, WEIGHT
from mech_exo.report.formats import WRITTEN, number, percent
from mech_exo.report.plain_json import json_text
from mech_exo.workflow.study_comparison import ComparedStudy, Pair, StudyComparison

_OF = {"seen": "on the holdout, as looks had shown it", "run": "in sample, on the data at hand"}
_EACH = {"seen": "holding periods", "run": "sessions"}


def comparison_json(found: StudyComparison, remarks: Mapping[str, str]) -> str:
    """One JSON object with exact numbers; what is undefined is null."""
    return json_text(
        {
            "studies": [_document(study) for study in found.studies],
            "differences": dict(found.differences),
            "pairs": [
                {
                    "studies": [pair.first, pair.second],
                    "source": pair.source,
                    "correlation": pair.correlation,
                    "over": pair.over,
                    "overlap": pair.overlap,
                }
                for pair in found.pairs
            ],
            "remarks": dict(remarks),
        }
    )


def _document(compared: ComparedStudy) -> dict[str, Any]:
    study, best, present = compared.study, compared.best, compared.standing.present
    return {
        "label": compared.label,
        "name": study.name,
        "file": compared.file,
        "objectives": list(study.objective_names),
        "trials": len(study.trials),
        "current": len(study.current),
        "feasible": len(study.feasible_trials),
        "fingerprint": None if study.epoch is None else study.epoch.fingerprint,
        "best": None
        if best is None
        else {
            "trial": best.number,
            "value": best.values[0],
            "params": dict(best.params),
            "metrics": dict(best.metrics),
        },
        "verdict": None if present is None else present.overall,
        "verdict_words": compared.standing.words,
        "holdout": compared.holdout,
        "seen_outside": compared.outside,
    }


def show_comparison(found: StudyComparison, remarks: Mapping[str, str], console: Console) -> None:
    """Print inputs, best trials, what is known of the holdout, and how alike they are."""
    first = found.studies[0].label
    for label, lines in found.differences.items():
        if lines is None:
            console.print(f"{label} or {first} does not say what it was made with", soft_wrap=True)
        elif not lines:
            console.print(f"{label} has the inputs of {first}", soft_wrap=True)
        else:
            console.print(f"inputs of {label}, against {first}:", soft_wrap=True)
        for line in lines or ():
            console.print(f"  {line}", soft_wrap=True)
    console.print()
    console.print(_table(found))
    console.print()
    for study in found.studies:
        console.print(f"verdict on {study.label}: {study.standing.words}", soft_wrap=True)
    for line in _outside(found):
        console.print(line, soft_wrap=True)
    for pair in found.pairs:
        console.print(_alike(pair), soft_wrap=True)
    for label, remark in remarks.items():
        console.print(f"note: {label} {remark}", soft_wrap=True)


def _table(found: StudyComparison) -> Table:
    studies = found.studies
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    names = Counter(study.study.name for study in studies)
    for study in studies:
        short = study.study.name if names[study.study.name] == 1 else study.label
        table.add_column(short, justify="right", overflow="fold")
    table.add_row("trials", *(str(len(s.study.trials)) for s in studies))
    table.add_row("feasible", *(str(len(s.study.feasible_trials)) for s in studies))
    table.add_row("best trial", *("–" if s.best is None else str(s.best.number) for s in studies))
    table.add_row("value", *(number(s.best.values[0], 4) if s.best else "–" for s in studies))
    for name in _metrics(studies):
        metric = METRICS.get(name)
        write = number if metric is None else WRITTEN[metric.unit]
        cells = [write(s.best.metrics.get(name)) if s.best else "–" for s in studies]
        table.add_row(name if metric is None else metric.label, *cells)
    drawn = dict.fromkeys(n for s in studies if s.best is not None for n in s.best.params)
    for name in drawn:
        cells = [_parameter(name, s.best.params.get(name)) if s.best else "–" for s in studies]
        table.add_row(name.removeprefix(WEIGHT), *cells)
    return table


def _metrics(studies: Sequence[ComparedStudy]) -> list[str]:
    """Metrics that a best trial has: those of a backtest first, then what plain Optuna noted."""
    known = dict.fromkeys(name for s in studies if s.best is not None for name in s.best.metrics)
    return [*(name for name in METRICS if name in known), *(n for n in known if n not in METRICS)]


def _parameter(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    return percent(value) if name in HYPERPARAMETERS else f"{value:+z.4f}"


def _outside(found: StudyComparison) -> Iterator[str]:
    """What was seen of the holdout before; no look is made for it."""
    for study in found.studies:
        held, seen = study.holdout, study.outside
        if held is not None:
            yield (
                f"holdout of {study.label}, by its verdict: p {number(held.get('p'))}, portfolios "
                f"seen there: {held.get('looks')}; "
                f"{held.get('first_date')} to {held.get('last_date')}"
            )
        if seen is not None:
            yield (
                f"holdout of {study.label}, as {seen.by.partition(':')[0]} saw it on "
                f"{seen.looked[:10]}: information coefficient {number(seen.coefficient)}, hedged "
                f"active return {percent(seen.skill)} in {seen.periods} holding periods, "
                f"{seen.start} to {seen.end}"
            )
        if held is None and seen is None:
            yield f"holdout of {study.label}: {_unseen(study)}"


def _unseen(study: ComparedStudy) -> str:
    """Why there are no figures of the holdout."""
    if study.looks:
        look = study.looks[0]
        return f"{look.origin.partition(':')[0]} saw it on {look.looked[:10]}; no figures are kept"
    return "no look at it is known"


def _alike(pair: Pair) -> str:
    held = "" if pair.overlap is None else f"; {percent(pair.overlap)} of the holdings are the same"
    return (
        f"{pair.first} and {pair.second}, {_OF[pair.source]}: correlation of returns "
        f"{number(pair.correlation, 2)} over {pair.over} {_EACH[pair.source]}{held}"
    )
