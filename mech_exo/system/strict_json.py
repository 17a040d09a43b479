"""JSON from files that somebody may have edited."""

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """As `json.loads`; a text that is nested too deeply for it is a ValueError as well."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
