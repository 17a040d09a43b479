"""Walk-forward: tune on the past, hold what follows, join the pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mech_exo.data.frequency import YEAR
from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.factor_file.document import WEIGHT
from mech_exo.verdict.evidence import Evidence, SkillTest, join, nothing, skill_test
from mech_exo.verdict.payloads import unpack
from mech_exo.verdict.windows import Window


@dataclass(frozen=True)
class WindowResult:
    """One re-tuning and what came of it.

    Attributes
    ----------
    trained, tested
        First and last date.
    feasible
        Whether what was held satisfied the constraints on the training dates.
    in_sample, out_of_sample
        Annual ratio of the hedged active return; NaN if nothing was found.
    weights
        Factor -> weight that was held.
    """

    trained: tuple[str, str]
    tested: tuple[str, str]
    feasible: bool
    in_sample: float
    out_of_sample: float
    weights: dict[str, float]


@dataclass(frozen=True)
class WalkForward:
    """All windows together.

    Attributes
    ----------
    test
        Of the joined out-of-sample pieces; its p decides.
    efficiency
        Out-of-sample ratio over the mean in-sample ratio of the windows.
    stability
        Mean cosine between the weights of one window and the next; 1: always the same.
    """

    windows: tuple[WindowResult, ...]
    test: SkillTest
    efficiency: float
    stability: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def walk(
    windows: Sequence[Window],
    payloads: Sequence[Mapping[str, Any]],
    dates: DateArray,
    periods_per_year: float = YEAR,
) -> tuple[WalkForward, Evidence]:
    """The walk-forward from its payloads, and the joined evidence."""
    year = periods_per_year
    pieces = [unpack(p, year) for p in payloads if p["params"] is not None]
    joined = join(pieces) if pieces else nothing(year)
    results = tuple(_result(w, p, dates, year) for w, p in zip(windows, payloads, strict=True))
    test = skill_test(joined)
    inside = [r.in_sample for r in results if np.isfinite(r.in_sample)]
    efficiency = test.skill.ratio / float(np.mean(inside)) if inside else float("nan")
    return WalkForward(results, test, efficiency, _stability(results)), joined


def _result(
    window: Window, payload: Mapping[str, Any], dates: DateArray, periods_per_year: float
) -> WindowResult:
    def span(start: int, stop: int) -> tuple[str, str]:
        return str(dates[start]), str(dates[stop - 1])

    params, inside = payload["params"] or {}, payload.get("in_sample")
    weights = {
        name.removeprefix(WEIGHT): float(value)
        for name, value in params.items()
        if name.startswith(WEIGHT)
    }
    return WindowResult(
        trained=span(window.train_start, window.train_stop),
        tested=span(window.test_start, window.test_stop),
        feasible=bool(payload.get("feasible", False)),
        in_sample=float("nan") if inside is None else float(inside),
        out_of_sample=unpack(payload, periods_per_year).ratio if params else float("nan"),
        weights=weights,
    )


def _stability(results: Sequence[WindowResult]) -> float:
    names = sorted({name for r in results for name in r.weights})
    table = np.array([[r.weights.get(n, 0.0) for n in names] for r in results if r.weights])
    if len(table) < 2:
        return float("nan")
    cosines = [_cosine(a, b) for a, b in pairwise(table)]
    return float(np.mean(cosines))


def _cosine(a: FloatArray, b: FloatArray) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0.0 else float("nan")
