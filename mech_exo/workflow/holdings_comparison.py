"""How alike the best portfolios of several studies are, run on the same data in sample.

Each is run by the settings, the objective file and the data at hand, whatever it was made with, so
that only the portfolios differ. The holdout is not touched.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.data.identity import DataIdentity
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.workflow.backtest_run import BacktestRequest, backtested
from mech_exo.workflow.study_comparison import ComparedStudy, Pair, StudyComparison, correlation

if TYPE_CHECKING:
    from mech_exo.workflow.session import Session
    from mech_exo.workflow.track_record import TrackRecord


@dataclass(frozen=True)
class HoldingsComparison:
    """Pairs of portfolios, and what is to be known of single ones.

    Attributes
    ----------
    comparison
        With the pairs of what was run in the place of what was seen.
    remarks
        Label -> that it was made under other conditions, or why it could not be run.
    """

    comparison: StudyComparison
    remarks: dict[str, str]


def with_holdings(session: "Session", found: StudyComparison) -> HoldingsComparison:
    """Run the best trials in sample, and compare returns and holdings of each pair."""
    tracks: dict[str, TrackRecord] = {}
    remarks: dict[str, str] = {}
    for study in found.studies:
        if study.best is None:
            remarks[study.label] = "has no single best trial"
            continue
        params = session.appraiser.space.with_data(study.best.params)
        request = BacktestRequest(label=study.label, params=params, part="in_sample")
        try:
            tracks[study.label] = backtested(session, study.file, request).track
        except ExoError as error:
            remarks[study.label] = f"cannot be run here: {error.message}"
            continue
        if other := _conditions(session, study):
            remarks[study.label] = f"was made {other} than those at hand, by which it was run"
    pairs = tuple(_pair(tracks[a], tracks[b]) for a, b in combinations(tracks, 2))
    return HoldingsComparison(replace(found, pairs=pairs), remarks)


def _conditions(session: "Session", study: ComparedStudy) -> str:
    """What a study was made with, if it is something else; "" if not."""
    components = study.components or {}
    data = DataIdentity.from_components(components)
    others = {
        "objective file": components.get("objective file") != session.objective.sha256,
        "data": data is None or data.fingerprint != session.in_sample_fingerprint,
    }
    named = " and ".join(name for name, differs in others.items() if differs)
    return f"with other {named}" if named else ""


def _pair(one: "TrackRecord", other: "TrackRecord") -> Pair:
    sessions = min(len(one.returns), len(other.returns))
    executions = min(len(one.result.holdings), len(other.result.holdings))
    return Pair(
        one.label,
        other.label,
        "run",
        correlation(one.returns[-sessions:], other.returns[-sessions:]),
        sessions,
        overlap(one.result.holdings[-executions:], other.result.holdings[-executions:]),
    )


def overlap(one: FloatArray, other: FloatArray) -> float | None:
    """Share of two portfolios that both hold in the same names on the same side.

    Parameters
    ----------
    one, other
        [M, N] shares of the names after each execution, below 0 for a short.

    Returns
    -------
    float or None
        Of each execution, what both hold by what the larger holds, in absolute shares; the mean of
        the executions after which one of them held something. None without any.
    """
    shared = np.where(one * other > 0.0, np.minimum(np.abs(one), np.abs(other)), 0.0).sum(axis=1)
    held = np.maximum(np.abs(one).sum(axis=1), np.abs(other).sum(axis=1))
    some = held > 0.0
    return float((shared[some] / held[some]).mean()) if some.any() else None
