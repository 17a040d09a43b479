"""A backtest as plain values, for `--json`: exact floats."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mech_exo.backtest.calendar_years import CalendarYear
from mech_exo.workflow.backtest_run import Backtested, WhatIf
from mech_exo.workflow.track_record import TrackRecord


def backtest_json(
    found: Backtested, capital: float | None, files: Mapping[str, Path]
) -> dict[str, Any]:
    """Everything that is shown, and the months.

    Parameters
    ----------
    files
        Name of a table -> the file that it was written to.
    """
    track = found.track
    return {
        "portfolio": {
            "label": track.label,
            "weights": track.weights,
            "hyperparameters": track.hyperparameters,
            "portfolio": dict(track.rules),
        },
        **_figures(track),
        "assumed": dict(found.changes.settings),
        "holdout_from": track.holdout_from,
        "look": found.look,
        "looks": found.looks,
        "parts": [_figures(part) for part in found.parts],
        "years": [_year(track, year) for year in track.years],
        "months": [
            {"month": str(month), "return": earned, "benchmark": beside}
            for month, earned, beside in zip(
                track.months.month,
                track.months.returns.tolist(),
                track.months.benchmark.tolist(),
                strict=True,
            )
        ],
        "what_ifs": [_what_if(row) for row in found.what_ifs],
        "capacity": None if found.capacity is None else asdict(found.capacity),
        "capital": capital,
        "value": None if capital is None else float(track.values(capital)[-1]),
        "files": {name: str(path) for name, path in files.items()},
    }


def _figures(track: TrackRecord) -> dict[str, Any]:
    return {
        "seen": track.seen,
        "start": str(track.dates[0]),
        "end": str(track.dates[-1]),
        "sessions": len(track.dates),
        "benchmark": track.benchmark_name,
        "metrics": track.metrics,
        "benchmark_metrics": track.benchmark_metrics,
        "universe_metrics": track.universe_metrics,
    }


def _year(track: TrackRecord, year: CalendarYear) -> dict[str, Any]:
    return {
        "year": year.year,
        "seen": track.part_of(year.first, year.last),
        "start": str(year.first),
        "end": str(year.last),
        "sessions": year.sessions,
        "whole": year.whole,
        "metrics": year.metrics,
        "benchmark_metrics": year.benchmark_metrics,
    }


def _what_if(row: WhatIf) -> dict[str, Any]:
    return {
        "name": row.name,
        "failure": row.failure or None,
        "metrics": None if row.track is None else row.track.metrics,
        "benchmark_metrics": None if row.track is None else row.track.benchmark_metrics,
    }
