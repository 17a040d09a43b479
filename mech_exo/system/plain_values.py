"""Values in the types that JSON and YAML have; what is undefined becomes None here, once."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def defined(value: float | None) -> float | None:
    """A number that JSON has: NaN and ±∞ as None, −0.0 as 0.0."""
    return None if value is None or not math.isfinite(value) else float(value) + 0.0


def plain(value: Any) -> Any:
    """Dataclasses and mappings as dicts of texts, sequences as lists, numbers `defined`.

    Whatever else stays as it is.
    """
    if isinstance(value, float):
        return defined(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return value
