"""Dataclasses as JSON with exact floats; what is undefined is null."""

import dataclasses
import json
import math
from typing import Any

from mech_exo.system.printable import printable_json


def json_text(value: Any) -> str:
    """`value` (dataclasses, mappings, sequences, plain values) as indented JSON."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    return printable_json(text)


def plain(value: Any) -> Any:
    """`value` in the types that JSON has; NaN and ±∞ as None, −0.0 as 0.0."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
