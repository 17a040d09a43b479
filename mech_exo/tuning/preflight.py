"""Before trial 0: the user's function tried once, and the warm start fitted into its space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Ranges, clip, from_json
from mech_exo.tuning.plan import WarmStart
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.samplers import sampler_class


def try_once(problem: Problem, seed: int) -> Ranges:
    """The space of a problem; where it is not known, that of one throw-away candidate.

    Raises
    ------
    ExoError
        It suggests nothing. What the user's own code raises passes through.
    """
    from mech_exo.tuning.asking import draw_once

    if problem.space:
        return {name: from_json(text) for name, text in problem.space.items()}
    _, space = draw_once(problem.suggest, seed)
    if not space:
        raise ExoError(
            "The objective file suggests no parameter.",
            hint="Call trial.suggest_float(...) in suggest_factor_weights(trial).",
        )
    return space


def check_sampler(problem: Problem, sampler: str) -> None:
    """Raise an ExoError if a sampler is not installed or cannot draw a problem's parameters."""
    drawn_by = sampler_class(sampler)
    drawn_by.check_installed()
    if problem.conditional and drawn_by.fixed_space:
        raise ExoError(
            f"--sampler {sampler} needs every parameter in every trial; "
            f"{problem.conditional[0]!r} is suggested in some only.",
            hint="Use --sampler tpe.",
        )


@dataclass(frozen=True)
class FittedStart:
    """Warm-start vectors within the space, and what was changed, in lines for the user."""

    vectors: tuple[Mapping[str, Parameter], ...]
    notes: tuple[str, ...]


def fit_warm_start(starts: Sequence[WarmStart], space: Ranges) -> FittedStart:
    """Clip each vector into the space; drop names that it does not have."""
    vectors: list[Mapping[str, Parameter]] = []
    notes: list[str] = []
    for start in starts:
        vector: dict[str, Parameter] = {}
        moved = []
        for name, distribution in space.items():
            if name not in start.params:
                continue
            wanted = start.params[name]
            fitted = clip(wanted, distribution)
            if fitted is None:
                moved.append(f"{name} {wanted!r} is no choice")
                continue
            vector[name] = fitted
            if fitted != wanted:
                moved.append(f"{name} {wanted!r} → {fitted!r}")
        if not vector:
            notes.append(f"warm start: {start.label} has no parameter of this space; left out")
            continue
        notes.append(f"trial {len(vectors)} is {start.label}" + _changes(moved, vector, space))
        vectors.append(vector)
    return FittedStart(tuple(vectors), tuple(notes))


def _changes(moved: Sequence[str], vector: Mapping[str, Parameter], space: Ranges) -> str:
    parts = []
    if moved:
        parts.append("clipped into the space: " + ", ".join(moved))
    missing = [name for name in space if name not in vector]
    if missing:
        parts.append("drawn: " + ", ".join(missing))
    return f" ({'; '.join(parts)})" if parts else ""
