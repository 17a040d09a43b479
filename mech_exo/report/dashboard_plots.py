"""The plots that the dashboard shows beside its own, as Plotly reads them.

They are plain JSON: Plotly itself is in the page, and not needed here.
"""

import html
import json
from collections.abc import Mapping
from typing import Any

from mech_exo.factor_file.document import WEIGHT
from mech_exo.report.study_course import StudyCourse
from mech_exo.system.printable import printable
from mech_exo.tuning.study_record import StudyRecord

WEIGHTS, EQUITY = "exo-weights", "exo-equity"
COMPARED = 10  # best feasible trials
POINTS = 1000  # of a curve


def weights_plot(study: StudyRecord) -> str | None:
    """The best trial's weights, and where those of the next best lie; None without a best."""
    best = study.best()
    if best is None:
        return None
    weights = _weights(best.params)
    if not weights:
        return None
    ranked = sorted(
        study.feasible_trials,
        key=lambda t: (study.losses(t)[0], t.number),
    )
    others = [t for t in ranked[: COMPARED + 1] if t.number != best.number][:COMPARED]
    names = list(weights)
    bar = {
        "type": "bar",
        "orientation": "h",
        "name": f"trial {best.number}, the best",
        "y": [_label(name) for name in names],
        "x": [weights[name] for name in names],
    }
    spots = [
        (_label(name), value, trial.number)
        for trial in others
        for name, value in _weights(trial.params).items()
        if name in weights
    ]
    points = {
        "type": "scatter",
        "mode": "markers",
        "name": f"the {len(others)} next best",
        "y": [label for label, _, _ in spots],
        "x": [value for _, value, _ in spots],
        "text": [f"trial {number}" for _, _, number in spots],
        "marker": {"color": "#999999", "size": 8, "symbol": "line-ns-open"},
    }
    layout = _layout("Weights: the best trial, and the next best", "weight")
    layout["yaxis"] = {"automargin": True, "autorange": "reversed"}
    return json.dumps({"data": [bar, points] if spots else [bar], "layout": layout})


def equity_plot(course: StudyCourse) -> str:
    """What 100 would have become in sample, the universe beside it."""
    step = max(1, -(-len(course.dates) // POINTS))
    kept = [*range(0, len(course.dates), step)]
    if kept[-1] != len(course.dates) - 1:
        kept.append(len(course.dates) - 1)
    dates = [str(course.dates[i]) for i in kept]
    curves = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": _label(name),
            "x": dates,
            "y": [round(float(values[i]), 4) for i in kept],
        }
        for name, values in ((course.label, course.portfolio), (course.beside, course.universe))
    ]
    layout = _layout("What 100 would have become in sample, after costs", "")
    layout["yaxis"] = {"type": "log", "automargin": True}
    return json.dumps({"data": curves, "layout": layout}, allow_nan=False)


def _weights(params: Mapping[str, Any]) -> dict[str, float]:
    return {
        name.removeprefix(WEIGHT): float(value)
        for name, value in params.items()
        if name.startswith(WEIGHT) and isinstance(value, (int, float))
    }


def _label(text: str) -> str:
    """Plotly reads some HTML in what it shows."""
    return html.escape(printable(text), quote=False)


def _layout(title: str, horizontal: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 14}, "x": 0, "xref": "paper"},
        "xaxis": {"title": {"text": horizontal}, "automargin": True},
        "legend": {"orientation": "h", "y": -0.15},
        "margin": {"l": 50, "t": 50, "r": 30, "b": 50},
        "showlegend": True,
    }
