"""One trial of a study: all that is known of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mech_exo.backtest.metrics import METRICS
from mech_exo.report.formats import WRITTEN, number, percent
from mech_exo.report.plain_json import json_text
from mech_exo.tuning.range_json import describe
from mech_exo.workflow.figures import ConstraintValue
from mech_exo.workflow.trial_detail import TrialDetail

NAME = 22
KINDS = {
    "weights": "weights",
    "hyperparameters": "hyperparameters",
    "rules": "rules of the portfolio",
    "others": "other parameters",
}


def trial_json(detail: TrialDetail) -> str:
    """One JSON object with exact numbers; what is undefined is null."""
    return json_text(_document(detail))


def _document(detail: TrialDetail) -> dict[str, Any]:
    study, trial, present = detail.study, detail.trial, detail.standing.present
    distances = detail.distances
    return {
        "study": study.name,
        "trial": trial.number,
        "state": trial.state,
        "feasible": trial.feasible,
        "reason": trial.reason,
        "epoch": trial.epoch,
        "fingerprint": None if detail.epoch is None else detail.epoch.fingerprint,
        "values": detail.values,
        "params": dict(trial.params),
        **detail.parameters,
        "ranges": {name: describe(text) for name, text in trial.distributions.items()},
        "metrics": dict(trial.metrics),
        "constraints": {
            c.name: {
                "value": c.value,
                "limit": c.limit,
                "distance": distances[c.name],
                "satisfied": c.satisfied,
            }
            for c in detail.constraints
        },
        "intermediate": {str(step): v for step, v in sorted(trial.intermediate.items())},
        "rank": {"place": detail.rank.place, "of": detail.rank.of, "words": detail.rank.words},
        "verdict": None if present is None else present.block,
        "verdict_words": detail.standing.words,
        "looks": [
            {"looked": x.looked, "by": x.origin, "start": x.first_date, "end": x.last_date}
            for x in detail.looks
        ],
        "started": _iso(trial.started),
        "completed": _iso(trial.completed),
        "seconds": _seconds(detail),
    }


def trial_lines(detail: TrialDetail) -> Iterator[str]:
    """The same in lines of at most 60 cells, but for what others wrote; rounded."""
    study, trial = detail.study, detail.trial
    yield f"trial        {trial.number} of {study.name}"
    yield f"state        {trial.state.lower()}{_feasible(detail)}"
    if trial.reason:
        yield f"reason       {trial.reason}"
    for name, value in detail.values.items():
        yield f"{name:<12} {number(value, 4)}"
    yield f"rank         {detail.rank.words}"
    if len(study.epochs) > 1:
        yield f"epoch        {trial.epoch}"
    if trial.started is not None:
        yield f"started      {trial.started:%Y-%m-%d %H:%M:%S} UTC{_took(detail)}"
    yield f"verdict      {detail.standing.words}"
    for look in detail.looks:
        yield f"holdout      seen {look.looked[:10]} by {look.origin.partition(':')[0]}"
    for kind, title in KINDS.items():
        if detail.parameters[kind]:
            yield title
            yield from (_line(n, _parameter(kind, v)) for n, v in detail.parameters[kind].items())
    if trial.metrics:
        yield "metrics, in sample"
        yield from (_line(*_metric(name, value)) for name, value in trial.metrics.items())
    if detail.constraints:
        yield "constraints"
        yield from map(_constraint, detail.constraints)
    if trial.intermediate:
        yield "objective up to each checkpoint"
        steps = sorted(trial.intermediate.items())
        yield from (_line(str(step), number(value, 4)) for step, value in steps)


def _feasible(detail: TrialDetail) -> str:
    if detail.trial.state != "COMPLETE" or detail.trial.constraints is None:
        return ""
    return ", feasible" if detail.trial.feasible else ", violates a constraint"


def _line(name: str, value: str) -> str:
    return f"  {name:<{NAME}} {value:>10}"


def _parameter(kind: str, value: Any) -> str:
    if isinstance(value, float):
        return {"weights": f"{value:+z.4f}", "hyperparameters": percent(value)}.get(
            kind, number(value, 4)
        )
    return str(value)


def _metric(name: str, value: float) -> tuple[str, str]:
    metric = METRICS.get(name)
    return (name, number(value)) if metric is None else (metric.label, WRITTEN[metric.unit](value))


def _constraint(constraint: ConstraintValue) -> str:
    write = WRITTEN[constraint.unit]
    kept = "satisfied" if constraint.satisfied else "VIOLATED"
    limit = f"limit {write(constraint.limit)}"
    return f"{_line(constraint.name, write(constraint.value))}  {limit:<12}  {kept}"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _seconds(detail: TrialDetail) -> float | None:
    trial = detail.trial
    if trial.started is None or trial.completed is None:
        return None
    return (trial.completed - trial.started).total_seconds()


def _took(detail: TrialDetail) -> str:
    seconds = _seconds(detail)
    return "" if seconds is None else f", took {seconds:.3f} s"
