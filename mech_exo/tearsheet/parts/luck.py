"""What the search found against what the same search finds where nothing is to be found."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.verdict_found import ask_for_verdict
from mech_exo.tearsheet.reported import Reported


@dataclass(frozen=True, eq=False)
class Luck:
    """The real search among its placebos.

    Attributes
    ----------
    ratio, rank_t
        Of the real search's winner: annual ratio of its hedged active return in sample, and the
        t-statistic of its scores' information coefficients.
    placebo_ratios, placebo_rank_ts
        [M] the same of each placebo's winner, NaN where nothing was found; [0] where only the
        verdict's summary is kept.
    mean, line
        Of the placebos' ratios: mean and 95 % point.
    p, p_ratio, p_rank
        Chance under luck: the one that decides, and by each measure.
    """

    placebos: int
    ratio: float
    rank_t: float
    placebo_ratios: FloatArray
    placebo_rank_ts: FloatArray
    mean: float
    line: float
    p: float
    p_ratio: float
    p_rank: float


def luck(reported: Reported) -> Luck | Missing:
    """The placebo search of the verdict."""
    block = reported.block
    if block is None:
        return ask_for_verdict(reported)
    stated = block.get("placebo")
    if not isinstance(stated, Mapping):
        return Missing(
            "The verdict was a quick one, without placebo searches.",
            ask_for_verdict(reported).command,
        )
    payloads = () if reported.runs is None else reported.runs.placebos
    found = {
        name: np.array([number_of(p.get(name)) for p in payloads[1:]], dtype=np.float64)
        for name in ("ratio", "rank_t")
    }
    figures = ("ratio", "rank_t", "p", "p_ratio", "p_rank")
    return Luck(
        placebos=int(stated["placebos"]),
        placebo_ratios=found["ratio"],
        placebo_rank_ts=found["rank_t"],
        mean=number_of(stated.get("luck_mean")),
        line=number_of(stated.get("luck_line")),
        **{name: number_of(stated.get(name)) for name in figures},
    )


def number_of(value: object) -> float:
    """A figure of plain values; NaN for what is none."""
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if real else float("nan")  # type: ignore[arg-type]
