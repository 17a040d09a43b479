"""The plateau: what was found where, over the two parameters that matter most."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.trial_cloud import TrialCloud
from mech_exo.tuning.importance import Importances

CELLS = 10
"""Of an axis; a choice has a cell for each name, a whole number of few values one for each."""


@dataclass(frozen=True, eq=False)
class GridAxis:
    """One parameter.

    Attributes
    ----------
    labels
        [R] its middle values, or the names of a choice.
    place
        [C] cell of each trial.
    """

    name: str
    labels: tuple[str, ...]
    place: IntArray


@dataclass(frozen=True, eq=False)
class TrialGrid:
    """Complete trials by two parameters.

    Attributes
    ----------
    rows, columns
        The two that matter most.
    median, count
        [R, C] median value of the trials in each cell, NaN without any; how many there are.
    chosen
        Row and column of the reported trial; None where it is not among them.
    """

    rows: GridAxis
    columns: GridAxis
    median: FloatArray
    count: IntArray
    chosen: tuple[int, int] | None


def trial_grid(cloud: TrialCloud | Missing, weight: Importances | Missing) -> TrialGrid | Missing:
    """Of all complete trials, feasible or not."""
    if isinstance(cloud, Missing):
        return cloud
    if isinstance(weight, Missing):
        return weight
    known = [name for name in weight.shares if name in cloud.parameters]
    if len(known) < 2:
        return Missing("A plateau needs two parameters that differ between the trials.")
    rows, columns = (_axis(cloud, name) for name in known[:2])
    shape = len(rows.labels), len(columns.labels)
    median, count = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    cell = rows.place * shape[1] + columns.place
    for each in np.unique(cell):
        within = cloud.values[cell == each, 0]
        at = divmod(int(each), shape[1])
        median[at], count[at] = float(np.median(within)), len(within)
    chosen = None
    if cloud.chosen is not None:
        chosen = int(rows.place[cloud.chosen]), int(columns.place[cloud.chosen])
    return TrialGrid(rows, columns, median, count, chosen)


def _axis(cloud: TrialCloud, name: str) -> GridAxis:
    values = cloud.points[:, cloud.parameters.index(name)]
    if name in cloud.choices:
        return GridAxis(name, cloud.choices[name], values.astype(np.int64))
    unique = np.unique(values)
    if len(unique) <= CELLS:
        return GridAxis(name, tuple(f"{v:g}" for v in unique), np.searchsorted(unique, values))
    edges = np.linspace(values.min(), values.max(), CELLS + 1)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, CELLS - 1)
    middles = 0.5 * (edges[1:] + edges[:-1])
    return GridAxis(name, tuple(f"{m:.3g}" for m in middles), place)
