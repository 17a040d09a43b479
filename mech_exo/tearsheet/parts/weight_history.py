"""The weights, and what re-tuning as time went by made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.factor_file.document import WEIGHT
from mech_exo.tearsheet.parts.luck import number_of
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.typed_commands import judging

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter


@dataclass(frozen=True, eq=False)
class WeightWindows:
    """The re-tunings of the walk-forward.

    Attributes
    ----------
    trained, tested
        [W] last date of the training, and first and last of what followed.
    weights
        [W, K] weight of each factor, in the order of `Weights.factors`; NaN where nothing was
        found.
    feasible
        [W] whether what was held kept the constraints.
    in_sample, out_of_sample
        [W] annual ratio of the hedged active return.
    stability
        Mean cosine between neighbouring windows' weights; 1: always the same.
    efficiency
        Ratio out of sample over that in sample.
    """

    trained: tuple[str, ...]
    tested: tuple[tuple[str, str], ...]
    weights: FloatArray
    feasible: tuple[bool, ...]
    in_sample: FloatArray
    out_of_sample: FloatArray
    stability: float
    efficiency: float


@dataclass(frozen=True, eq=False)
class Weights:
    """What the portfolio is made of.

    Attributes
    ----------
    factors, weights, incumbent
        [K] names and weights; of the incumbent 0 where it has none, None without one.
    settings
        Hyperparameter, window, argument or rule of the portfolio -> value.
    windows
        The re-tunings, or why they are not known.
    """

    factors: tuple[str, ...]
    weights: FloatArray
    incumbent: FloatArray | None
    settings: "dict[str, Parameter]"
    windows: WeightWindows | Missing


def weights(reported: Reported) -> Weights | Missing:
    """The weights, as far as they are known."""
    found = _weights(reported)
    if found is None:
        return Missing("There is no portfolio, so there are no weights.")
    names = tuple(found)
    beside = reported.incumbent
    return Weights(
        factors=names,
        weights=np.array([found[name] for name in names], dtype=np.float64),
        incumbent=None
        if beside is None
        else np.array([beside.weights.get(name, 0.0) for name in names], dtype=np.float64),
        settings=_settings(reported),
        windows=_windows(reported, names),
    )


def _weights(reported: Reported) -> dict[str, float] | None:
    if reported.best is not None:
        return dict(reported.best.weights)
    if reported.file is not None:
        return reported.file.weights
    if reported.trial is None:
        return None
    given = reported.trial.params.items()
    return {n.removeprefix(WEIGHT): number_of(v) for n, v in given if n.startswith(WEIGHT)}


def _settings(reported: Reported) -> "dict[str, Parameter]":
    best = reported.best
    if best is None:
        source = reported.file if reported.file is not None else reported.trial
        given = {} if source is None else source.params
        return {name: value for name, value in given.items() if not name.startswith(WEIGHT)}
    found: dict[str, Parameter] = dict(best.hyperparameters)
    for arguments in best.parameters.values():
        found |= arguments
    rules = dict(best.rules)
    found |= rules.pop("parameters", {})
    return found | rules


def _windows(reported: Reported, names: tuple[str, ...]) -> WeightWindows | Missing:
    runs, block = reported.runs, reported.block
    if block is None:
        words = "How the weights change from one re-tuning to the next is part of the verdict."
        return Missing(words, judging(reported))
    windows = () if runs is None else runs.windows
    walked = block.get("walk_forward")
    if not windows or not isinstance(walked, dict):
        return Missing(
            "The study file does not keep the weights of the re-tunings under these conditions.",
            judging(reported),
        )
    stated = walked["windows"]
    return WeightWindows(
        trained=tuple(str(w["trained"][1]) for w in stated),
        tested=tuple((str(w["tested"][0]), str(w["tested"][1])) for w in stated),
        weights=np.array([_row(window.params, names) for window in windows]),
        feasible=tuple(w.feasible for w in windows),
        in_sample=np.array([number_of(w["in_sample"]) for w in stated]),
        out_of_sample=np.array([number_of(w["out_of_sample"]) for w in stated]),
        stability=number_of(walked.get("stability")),
        efficiency=number_of(walked.get("efficiency")),
    )


def _row(params: "Mapping[str, Parameter] | None", names: tuple[str, ...]) -> FloatArray:
    """[K] weights of one window; NaN where nothing was found."""
    if params is None:
        return np.full(len(names), np.nan)
    return np.array([number_of(params.get(WEIGHT + name, 0.0)) for name in names])
