"""What `--json` prints: exact floats; what is undefined is null.

Every object begins with `json_version`. docs/json.md says what raises it.
"""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from mech_exo.system.plain_values import plain
from mech_exo.system.printable import printable_json

JSON_VERSION = 1
"""Of all objects that `--json` prints; a field that goes, or means something else, raises it."""


def json_text(value: Any) -> str:
    """`value` (dataclasses, mappings, sequences, plain values) as JSON; dates and paths as text.

    An object carries the version of the form.
    """
    return printable_json(_dumped(value, indent=2))


def json_line(value: Mapping[str, Any]) -> str:
    """An object on one line of ASCII, for a program that reads lines."""
    return _dumped(value, indent=None)


def _dumped(value: Any, indent: int | None) -> str:
    content = plain(value)
    if isinstance(value, Mapping) or is_dataclass(value):
        content = {"json_version": JSON_VERSION, **content}
    ascii_only = indent is None
    return json.dumps(content, indent=indent, ensure_ascii=ascii_only, allow_nan=False, default=str)
