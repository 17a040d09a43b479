"""What differs between two factor files, as a person reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mech_exo.factor_file.document import FactorFile
from mech_exo.workflow.remembered_verdicts import stated_words

IN_SAMPLE = ("best_sharpe_ratio", "total_return", "volatility", "max_drawdown")
OUT_OF_SAMPLE = ("sharpe", "annual_return", "active_return", "information_ratio", "max_drawdown")


@dataclass(frozen=True)
class Change:
    """One figure in two files; None: the file does not state it."""

    name: str
    before: float | None
    after: float | None

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.before != self.after


@dataclass(frozen=True)
class Changes:
    """Two files side by side.

    Attributes
    ----------
    weights
        Of the raw z-scores (that of a `lower_better` factor negated), largest change first.
    parameters
        Hyperparameters, rules of the portfolio and parameters of the objective file's own
        functions, as far as they are numbers.
    metrics
        As each file states them: on its own data and dates.
    origins
        Field -> its two values: study, trial, date, data, verdict.
    """

    weights: tuple[Change, ...]
    parameters: tuple[Change, ...]
    metrics: tuple[Change, ...]
    origins: Mapping[str, tuple[str, str]]


def changes(before: FactorFile | None, after: FactorFile) -> Changes:
    """What changes from one file to another; None: there was none."""
    return Changes(
        weights=_weights(before, after),
        parameters=_side_by_side(_parameters(before), _parameters(after)),
        metrics=_side_by_side(_metrics(before), _metrics(after)),
        origins={
            name: (_origin(before).get(name, "–"), value) for name, value in _origin(after).items()
        },
    )


def _weights(before: FactorFile | None, after: FactorFile) -> tuple[Change, ...]:
    sides = _side_by_side(before.weights if before else {}, after.weights)
    return tuple(sorted(sides, key=lambda c: -abs((c.after or 0.0) - (c.before or 0.0))))


def _side_by_side(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    names = [*after, *(name for name in before if name not in after)]
    return tuple(Change(name, before.get(name), after.get(name)) for name in names)


def _parameters(file: FactorFile | None) -> dict[str, Any]:
    if file is None:
        return {}
    rules = dict(file.portfolio or {})
    own = [entry.get("parameters", {}) for entry in file.entries.values()]
    own += [rules.pop("parameters", {}), rules]
    return dict(file.hyperparameters) | {
        name: value
        for parameters in own
        for name, value in parameters.items()
        if isinstance(value, int | float)
    }


def _metrics(file: FactorFile | None) -> dict[str, float | None]:
    if file is None:
        return {}
    stated = {name: file.metadata.get(name) for name in IN_SAMPLE}
    outside = (file.out_of_sample or {}).get("metrics") or {}
    stated |= {f"out of sample {name}": outside.get(name) for name in OUT_OF_SAMPLE}
    return {name: value for name, value in stated.items() if value is not None}


def _origin(file: FactorFile | None) -> dict[str, str]:
    if file is None:
        return {}
    provenance = file.provenance or {}
    return {
        "made": str(file.metadata.get("created_at", "–")),
        "study": str(file.metadata.get("study_name", "–")),
        "trial": str(file.metadata.get("best_trial_number", "–")),
        "data": str(provenance.get("data_source", "–")),
        "fitted until": str(provenance.get("in_sample_end", "–")),
        "verdict": stated_words(file),
        "content": file.content_hash[:12],
    }
