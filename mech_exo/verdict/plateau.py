"""How much of the result stands on one parameter, and where it stands on none.

A real effect changes little when its parameters do; a peak of noise is narrow. The neighbourhood of
the best trial is sampled by small random moves, and each factor is left out in turn.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.factor_file.document import WEIGHT

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.cube import Cube
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord

STEP = 0.05  # standard deviation of a small move, a share of each parameter's range
CANDIDATES = 10  # best trials whose neighbourhoods are compared
PLATEAU_KEY = 0x706C6174

Value = Callable[[Mapping[str, Any]], float]  # the objective, larger is better; NaN: infeasible


@dataclass(frozen=True)
class Plateau:
    """The neighbourhood of a point.

    Attributes
    ----------
    value
        The objective at the point.
    median, low
        Median and lowest tenth over the neighbours that are feasible.
    feasible
        Share of the neighbours that satisfy the constraints.
    without
        Factor -> the objective with that factor's weight set to 0 (NaN: infeasible).
    leans_on
        The factor without which most is lost.
    lost
        What is lost without it, a share of the value; NaN where the value is not positive.
    """

    value: float
    median: float
    low: float
    feasible: float
    without: dict[str, float]
    leans_on: str
    lost: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def look_around(
    params: "Mapping[str, Parameter]", value: Value, cube: "Cube", neighbours: int, seed: int
) -> Plateau:
    """Sample the neighbourhood of `params` and leave out one factor at a time.

    Parameters
    ----------
    value
        Evaluates parameters.
    cube
        The numeric axes of the space; other parameters stay as they are.
    """
    centre = value(params)
    around = _neighbour_values(params, value, cube, neighbours, seed)
    known = around[np.isfinite(around)]
    without = {
        name.removeprefix(WEIGHT): value({**params, name: 0.0})
        for name, weight in params.items()
        if name.startswith(WEIGHT) and weight
    }
    leans_on = min(
        without,
        key=lambda name: math.inf if math.isnan(without[name]) else without[name],
        default="",
    )
    lost = math.nan
    if leans_on and centre > 0.0 and math.isfinite(without[leans_on]):
        lost = 1.0 - without[leans_on] / centre
    return Plateau(
        value=centre,
        median=float(np.median(known)) if len(known) else math.nan,
        low=float(np.quantile(known, 0.1)) if len(known) else math.nan,
        feasible=float(len(known) / max(len(around), 1)),
        without=without,
        leans_on=leans_on,
        lost=lost,
    )


def robust_centre(
    study: "StudyRecord", value: Value, cube: "Cube", neighbours: int, seed: int
) -> "dict[str, Parameter] | None":
    """Parameters of the centre of the best robust region; None without a feasible trial.

    The `CANDIDATES` best trials, and the mean of them all, are compared by the lowest quarter of
    their neighbourhoods (infeasible neighbours count as worse than any); of the best one the
    better half of the neighbours is averaged into the centre, and the centre is taken if it is
    feasible and its own neighbourhood is no worse.
    """
    trials = _best_trials(study)
    if not trials:
        return None
    points = [dict(t.params) for t in trials]
    if len(points) > 1:
        middle = np.mean([cube.point(p) for p in points], axis=0)
        points.append({**points[0], **cube.values(middle)})
    points = [p for p in points if math.isfinite(value(p))]
    scored = [(_lowest_quarter(p, value, cube, neighbours, seed), -i) for i, p in enumerate(points)]
    score, index = max(scored)
    chosen = points[-index]
    moves = _moves(chosen, cube, neighbours, seed)
    values = np.array([value({**chosen, **cube.values(m)}) for m in moves])
    better = moves[np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")]
    centre = {**chosen, **cube.values(better[: max(1, neighbours // 2)].mean(axis=0))}
    if not math.isfinite(value(centre)):
        return chosen
    no_worse = _lowest_quarter(centre, value, cube, neighbours, seed) >= score
    return centre if no_worse else chosen


def _best_trials(study: "StudyRecord") -> "list[TrialRecord]":
    return sorted(study.feasible_trials, key=lambda t: (study.losses(t)[0], t.number))[:CANDIDATES]


def _moves(
    params: "Mapping[str, Parameter]", cube: "Cube", neighbours: int, seed: int
) -> FloatArray:
    """[neighbours, K] points of the cube, normal around the parameters' own, inside the cube."""
    generator = np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(PLATEAU_KEY,)))
    )
    noise = STEP * generator.standard_normal((neighbours, len(cube)))
    return np.clip(cube.point(params) + noise, 0.0, 1.0)


def _neighbour_values(
    params: "Mapping[str, Parameter]", value: Value, cube: "Cube", neighbours: int, seed: int
) -> FloatArray:
    moves = _moves(params, cube, neighbours, seed)
    return np.array([value({**params, **cube.values(point)}) for point in moves])


def _lowest_quarter(
    params: "Mapping[str, Parameter]", value: Value, cube: "Cube", neighbours: int, seed: int
) -> float:
    values = np.nan_to_num(_neighbour_values(params, value, cube, neighbours, seed), nan=-np.inf)
    return float(np.sort(values)[len(values) // 4])
