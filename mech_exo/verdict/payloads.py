"""What a repeated search hands over, as plain values: checked, packed and unpacked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from mech_exo.data.frequency import YEAR
from mech_exo.factor_file.document import WEIGHT
from mech_exo.verdict.evidence import SERIES, Evidence

PLACEBO, WINDOW = "placebo", "window"  # parts of a verdict
DAYS = "days"  # the series of an evidence that holds dates


def check_payload(task: tuple[str, int], payload: Any) -> None:
    """Raise an ExoError for a kept replicate that somebody has edited."""
    from mech_exo.tuning.refusals import damaged_replicate

    part, number = task
    whole = isinstance(payload, dict) and _are_numbers(payload.get("seconds"))
    if whole and part == PLACEBO:
        whole = all(_are_numbers(payload.get(name) or 0.0) for name in ("ratio", "rank_t"))
        whole = whole and {"ratio", "rank_t"} <= payload.keys()
    elif whole and payload.get("params", 0) is not None:
        params = payload.get("params")
        weights = params if isinstance(params, dict) else {WEIGHT: None}
        whole = all(_are_numbers(v) for k, v in weights.items() if k.startswith(WEIGHT))
        whole = whole and all(isinstance(payload.get(name), list) for name in SERIES)
        numbers = ("in_sample", *(name for name in SERIES if name != DAYS))
        whole = whole and all(_are_numbers(payload.get(name)) for name in numbers)
        whole = whole and all(map(_is_day, payload[DAYS]))
    if not whole:
        raise damaged_replicate(part, number)


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _are_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_are_numbers, value))
    return isinstance(value, float | int) and not isinstance(value, bool)


def pack(evidence: Evidence) -> dict[str, list[Any]]:
    """Evidence as plain values; days as ISO dates."""
    series = {name: getattr(evidence, name) for name in SERIES}
    return {n: v.astype(str).tolist() if n == DAYS else v.tolist() for n, v in series.items()}


def unpack(payload: Mapping[str, Any], periods_per_year: float = YEAR) -> Evidence:
    """Evidence from plain values."""
    kinds = {name: "datetime64[D]" if name == DAYS else np.float64 for name in SERIES}
    arrays = (np.array(payload[name], dtype=kind) for name, kind in kinds.items())
    return Evidence(*arrays, periods_per_year=periods_per_year)
