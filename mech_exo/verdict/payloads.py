"""What a repeated search hands over, as plain values: checked, packed and unpacked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mech_exo.data.frequency import YEAR
from mech_exo.factor_file.document import WEIGHT
from mech_exo.verdict.evidence import Evidence

PLACEBO, WINDOW = "placebo", "window"  # parts of a verdict


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
        series = ("active", "skill", "skill_sums", "coefficients")
        whole = whole and all(isinstance(payload.get(name), list) for name in series)
        whole = whole and all(_are_numbers(payload.get(n)) for n in ("in_sample", *series))
    if not whole:
        raise damaged_replicate(part, number)


def _are_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_are_numbers, value))
    return isinstance(value, float | int) and not isinstance(value, bool)


def pack(evidence: Evidence) -> dict[str, list[float]]:
    """Evidence as plain values."""
    return {
        name: getattr(evidence, name).tolist()
        for name in ("active", "skill", "skill_sums", "coefficients")
    }


def unpack(payload: Mapping[str, Any], periods_per_year: float = YEAR) -> Evidence:
    """Evidence from plain values."""
    return Evidence(
        *(
            np.array(payload[n], dtype=np.float64)
            for n in ("active", "skill", "skill_sums", "coefficients")
        ),
        periods_per_year=periods_per_year,
    )
