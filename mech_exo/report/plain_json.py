"""What `--json` prints: exact floats; what is undefined is null."""

import json
from typing import Any

from mech_exo.system.plain_values import plain
from mech_exo.system.printable import printable_json


def json_text(value: Any) -> str:
    """`value` (dataclasses, mappings, sequences, plain values) as JSON; dates and paths as text."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    return printable_json(text)
