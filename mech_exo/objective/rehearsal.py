"""Trying the user's file before the first trial, so that a mistake in it costs nothing."""

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mech_exo.backtest.result import BacktestResult
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT, Parameter
from mech_exo.objective.computed_factors import factor_of
from mech_exo.objective.distribution import Distribution, categorical, numeric
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.space import Space
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.objective.trial import Suggested
from mech_exo.objective.user_functions import distances_of, not_a_value, outcome_of

# Mistakes of a program rather than of a candidate.
_MISTAKES = (NameError, AttributeError, TypeError, ImportError, SystemExit)

# Shares of the way through every range; the first is what is evaluated.
_SHARES = (0.75, 0.0, 0.4, 1.0)


@dataclass(frozen=True)
class Rehearsal:
    """What the user's function asks for.

    Attributes
    ----------
    params
        One candidate of the space, away from its centre and edges.
    distributions
        Every parameter that any of the tries asked for.
    conditional
        Those that not every try asked for.
    notes
        What the user should know of the space, one sentence each.
    """

    params: dict[str, Parameter]
    distributions: dict[str, Distribution]
    conditional: tuple[str, ...]
    notes: tuple[str, ...]


class _Stand:
    """A trial that answers with the same share of every range."""

    def __init__(self, share: float) -> None:
        self.share = share

    def suggest_float(self, name: str, low: float, high: float, **rest: Any) -> Parameter:
        value = numeric("float", name, low, high, rest["step"], rest["log"]).at(self.share)
        assert isinstance(value, (int, float))
        return float(value)

    def suggest_int(self, name: str, low: int, high: int, **rest: Any) -> Parameter:
        return numeric("int", name, low, high, rest["step"], rest["log"]).at(self.share)

    def suggest_categorical(self, name: str, choices: Any) -> Parameter:
        return categorical(name, choices).at(self.share)


def rehearse(evaluator: Evaluator) -> Rehearsal:
    """Try the whole file once before the first trial; the evaluator learns its constraints.

    Raises
    ------
    ExoError
        For a mistake in any function of the file, with its line, and for an objective that
        gives the same result two values. One that merely has no value for the one candidate
        tried (whatever else it raises) is left to the trials.
    """
    spec = evaluator.spec
    rehearsal = rehearse_space(evaluator.space)
    fresh = ObjectiveSpec.compile(spec.source, spec.label)  # as each process does
    again = rehearse_space(replace(evaluator.space, spec=fresh))
    if again.distributions != rehearsal.distributions:
        raise ExoError(
            f"{spec.label}: the search space is another one each time the file is run.",
            hint="It must not be drawn at random.",
        )
    result = evaluator.run(rehearsal.params)
    if spec.construct is not None:
        _check_construct(evaluator, fresh, rehearsal.params, result)
    evaluator.own_constraints = _own_constraints(result, spec, fresh)
    if evaluator.objectives or math.isnan(result.metric("sharpe")):
        return rehearsal
    first = _tried(spec, result)
    for then in (_tried(spec, result), _tried(fresh, result)):
        if then == first:
            continue
        raise ExoError(
            f"{spec.label}: objective {first} and then {then} for the same result.",
            hint="It must depend on the result alone: draw no random numbers, keep no state.",
        )
    return rehearsal


def _check_construct(
    evaluator: Evaluator,
    fresh: ObjectiveSpec,
    params: Mapping[str, Parameter],
    result: BacktestResult,
) -> None:
    """Raise an ExoError if `construct` gives other weights when it is called again.

    By the file as it was used and by a fresh copy, for the same candidate; and for another one by
    the used file and a copy that has seen no other: what the first call leaves behind shows there.
    """
    used = evaluator.space
    renewed = replace(used, spec=fresh)
    newest = replace(used, spec=ObjectiveSpec.compile(fresh.source, fresh.label))
    other = used.suggest(_Stand(_SHARES[1])).params
    first = _path(evaluator, used, other)
    same = [(_path(evaluator, space, params), result.returns) for space in (used, renewed)]
    for found, expected in (*same, (_path(evaluator, newest, other), first)):
        if not np.array_equal(found, expected):
            assert fresh.construct is not None
            raise ExoError(
                f"{fresh.construct.where}: construct gives other weights for the same scores "
                "when it is called again.",
                hint="It must depend on its arguments alone: draw no random numbers, keep no "
                "state.",
            )


def _path(evaluator: Evaluator, space: Space, params: Mapping[str, Parameter]) -> FloatArray | str:
    """Returns of a candidate of the space; what is wrong with it where it cannot be held."""
    try:
        return evaluator.kernel(params).run(space.candidate(params)).returns
    except ExoError as error:
        return str(error.message)


def _own_constraints(
    result: BacktestResult, spec: ObjectiveSpec, fresh: ObjectiveSpec
) -> tuple[str, ...]:
    """The names of the file's own constraints, which must be the same for every trial.

    Raises
    ------
    ExoError
        If it has none to say for the first candidate, or others when it is asked again.
    """
    own, wrong = distances_of(spec, result)
    if wrong:
        raise ExoError(
            f"{spec.label}: {wrong}.",
            hint="Return the same names for every result; NaN where a value is undefined.",
        )
    for compiled in (spec, fresh):
        again, _ = distances_of(compiled, result)
        if repr(again) != repr(own):  # NaN is what it was
            raise ExoError(
                f"{spec.label}: constraints returned {own} and then {again} for the same result.",
                hint="It must depend on the result alone: draw no random numbers, keep no state.",
            )
    return tuple(own)


def _tried(spec: ObjectiveSpec, result: BacktestResult) -> str:
    """What the objective does with a result, in words that are equal for equal outcomes."""
    try:
        returned, error = outcome_of(spec.objective, result)
    except MemoryError as lost:  # of this candidate; a trial's is the machine's
        returned, error = None, lost
    if isinstance(error, _MISTAKES):
        raise spec.mistake(error) from error
    if error is not None:  # the candidate's, and a trial's reason
        return f"raised {type(error).__name__}"
    if not isinstance(returned, numbers.Real) or isinstance(returned, bool):
        raise ExoError(f"{spec.label}: {not_a_value(returned)}.", hint="Return one number.")
    return f"returned {returned}"


def rehearse_space(space: Space) -> Rehearsal:
    """Run the user's function a few times on fixed shares of its ranges.

    Raises
    ------
    ExoError
        For any mistake, with its line, for a space without a parameter, and for one that asks for
        something else when it is given the same answers again.
    """
    tries = [_repeated(space, share) for share in _SHARES]
    seen: dict[str, Distribution] = {}
    for suggested in tries:
        seen = suggested.distributions | seen
    if not seen:
        raise ExoError(
            f"{space.spec.label}: suggest_factor_weights suggests nothing that could be tuned.",
            hint='Write `trial.suggest_float("weight_<factor>", -1.0, 1.0)` in it.',
        )
    conditional = tuple(n for n in seen if any(n not in t.distributions for t in tries))
    for suggested in tries:  # a factor's parameter that only some tries suggest
        space.arguments(suggested.params)
    return Rehearsal(tries[0].params, seen, conditional, tuple(_notes(space, tries, seen)))


def _repeated(space: Space, share: float) -> Suggested:
    """One try, made twice; what the second asks for must be what the first did."""
    first, second = (space.suggest(_Stand(share)) for _ in range(2))
    before, after = list(first.distributions.items()), list(second.distributions.items())
    if (before, first.fixed) == (after, second.fixed):
        return first
    differing = (n for n in first.distributions | second.distributions if _differ(n, first, second))
    name = next(differing, None)
    what = (
        "asks for its parameters in another order"
        if name is None
        else f"asks for {name!r} as {_asked(name, first)} and then as {_asked(name, second)}"
    )
    raise ExoError(
        f"{space.spec.label}: suggest_factor_weights {what} when it is run again.",
        hint="It must ask for the same after the same answers: draw no random numbers, keep no "
        "state.",
    )


def _differ(name: str, first: Suggested, second: Suggested) -> bool:
    return first.distributions.get(name) != second.distributions.get(name)


def _asked(name: str, suggested: Suggested) -> str:
    distribution = suggested.distributions.get(name)
    return "nothing" if distribution is None else distribution.describe()


def _notes(space: Space, tries: list[Suggested], seen: Mapping[str, Distribution]) -> list[str]:
    notes = []
    fixed = dict.fromkeys(name for suggested in tries for name in suggested.fixed)
    if fixed:
        names = ", ".join(name.removeprefix(WEIGHT) for name in fixed)
        notes.append(f"no data for {names}: weight fixed at 0")
    silent = [n for n in space.factor_names if WEIGHT + n not in seen]
    if silent:
        notes.append(f"no parameter for {', '.join(silent)}: weight 0")
    notes.extend(
        f"{name} is not suggested: {getattr(space.defaults, name)} (settings)"
        for name in ("cash_pct", "stop_loss_pct", "position_size_pct")
        if name not in seen
    )
    notes.extend(_window_notes(space, seen))
    if "gross" in seen and "gross" in space.mandates.allowed and not _may_short(space, seen):
        notes.append("gross changes nothing: side is long (portfolio.side)")
    returned = tries[0].returned
    if isinstance(returned, Mapping) and not _repeats(returned, tries[0].params):
        notes.append(
            "suggest_factor_weights returns values that it did not suggest; they are not used: "
            "the suggested weight_<factor> itself is the weight"
        )
    return notes


def _may_short(space: Space, seen: Mapping[str, Distribution]) -> bool:
    """Whether any candidate can be of the side that has a gross."""
    drawn = seen.get("side")
    sides = drawn.choices if drawn is not None else (space.portfolio.side,)
    return "long_short" in sides


def _window_notes(space: Space, seen: Mapping[str, Distribution]) -> list[str]:
    """Of the windows of built-in factors: which change nothing, and whose they are not."""
    notes = []
    for name in seen:
        factor = factor_of(name)
        if factor is None:
            continue
        if name not in space.windows:
            notes.append(
                f"{name} is the argument of a factor of this file; {factor} keeps its own window"
            )
        elif WEIGHT + factor not in seen:
            notes.append(f"{name} changes nothing: {factor} has no weight_{factor}")
    return notes


def _repeats(returned: Mapping[Any, Any], params: Mapping[str, Parameter]) -> bool:
    """Whether all that was returned was suggested (or is the 0 of a factor without data)."""
    known = [*params.values(), 0.0]
    flat = [v for v in returned.values() if not isinstance(v, Mapping)]
    nested = [v for v in returned.values() if isinstance(v, Mapping)]
    return all(v in known for v in flat) and all(_repeats(v, params) for v in nested)
