"""docs/settings.md names every setting with its default."""

import dataclasses
import re
import typing
from pathlib import Path
from typing import Any

import yaml

from mech_exo.config.settings import FactorTable, Settings

PAGE = Path(__file__).resolve().parents[3] / "docs/settings.md"


def declared(kind: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted name -> default of every field, as plain YAML values."""
    hints = typing.get_type_hints(kind)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        name = f"{prefix}{field.name}"
        if dataclasses.is_dataclass(hints[field.name]):
            found |= declared(hints[field.name], f"{name}.")
            continue
        default = getattr(kind(), field.name)
        found[name] = list(default) if isinstance(default, tuple) else default
        if hints[field.name] == tuple[FactorTable, ...]:
            found |= declared(FactorTable, f"{name}[].")
    return found


def test_every_setting_stands_in_the_page_with_its_default() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]*)` \| \S", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {name: yaml.safe_load(default) for name, default in rows} == declared(Settings)
    assert len(rows) == len(dict(rows))
