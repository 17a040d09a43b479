"""EDGAR's company facts: one JSON file a company, a row here for each figure that was filed."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes

COLUMNS = ("symbol", "tag", "unit", "duration", "end", "filed", "form", "fy", "fp", "val")
DURATIONS = {
    "quarter": (80, 100),
    "half": (170, 192),
    "nine months": (260, 286),
    "year": (350, 380),
}
"""Days from a period's start to its end, both included."""


def read_companyfacts(path: Path) -> Table:
    """The figures of `facts` of a company, in the file's order; as `read_table`.

    The symbol is the file's `ticker`, or the file's name without its ending. A figure without a
    `start` has the duration `instant`; others that of their days, or `other`.
    """
    content = read_bytes(path, limit=None, hint=CHECK_PATH)
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ExoError(f"{path}: is not JSON ({error}).") from error
    facts = whole.get("facts") if isinstance(whole, dict) else None
    if not isinstance(facts, dict):
        raise ExoError(
            f"{path}: has no `facts`; JSON files are read as EDGAR's companyfacts only.",
            hint="Save other tables as CSV or Parquet.",
        )
    symbol = whole.get("ticker") or path.name.rsplit(".", 1)[0]
    rows = [(symbol, *row) for row in _figures(path, facts)]
    if not rows:
        raise ExoError(f"{path}: has no figures in `facts`.")
    cells: dict[str, Column] = {}
    for i, name in enumerate(COLUMNS):
        cells[name] = np.array([row[i] for row in rows], dtype=object)
    return Table(path, cells, np.arange(1, len(rows) + 1), "figure")


def _figures(path: Path, facts: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for taxonomy, tags in facts.items():
        for tag, content in _items(path, f"facts.{taxonomy}", tags):
            place = f"facts.{taxonomy}.{tag}"
            units = content.get("units") if isinstance(content, dict) else None
            for unit, figures in _items(path, f"{place}.units", units):
                for i, figure in enumerate(figures):
                    where = f"{place}.units.{unit}[{i}]"
                    if not isinstance(figure, dict) or not {"end", "filed", "val"} <= set(figure):
                        raise ExoError(f"{path}: {where} has no `end`, `filed` and `val`.")
                    duration = _duration(path, where, figure)
                    yield (
                        *(tag, unit, duration, figure["end"], figure["filed"]),
                        *(figure.get(name) for name in ("form", "fy", "fp", "val")),
                    )


def _items(path: Path, place: str, found: Any) -> list[tuple[str, Any]]:
    if not isinstance(found, dict):
        raise ExoError(f"{path}: {place} is no object.")
    return list(found.items())


def _duration(path: Path, where: str, figure: Mapping[str, Any]) -> str:
    if figure.get("start") is None:
        return "instant"
    try:
        days = (date.fromisoformat(figure["end"]) - date.fromisoformat(figure["start"])).days + 1
    except (TypeError, ValueError) as error:
        raise ExoError(f"{path}: {where}: `start` or `end` is no date.") from error
    fits = (name for name, (least, most) in DURATIONS.items() if least <= days <= most)
    return next(fits, "other")
