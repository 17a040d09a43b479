"""Reading a factor file."""

import math
from pathlib import Path
from typing import Any, cast

from mech_exo.config.doc_pages import see_page
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorEntry, FactorFile
from mech_exo.factor_file.schema import check
from mech_exo.system.strict_yaml import Document, parse_yaml, read_yaml


def read_factor_file(path: Path) -> FactorFile:
    """Read and check one factor file.

    A hand-written file needs no more than factors with their weights: `direction` is then
    higher_better, `category` the section's name, and hyperparameters come from the settings.

    Raises
    ------
    ExoError
        For a file that cannot be read, is not YAML, or is not a factor file; with line and field.
    """
    return _build(read_yaml(path, hint=_HINT), str(path))


_HINT = "Name a factor file: `exo optuna-run` writes one, `exo factors promote` config/factors.yml."


def parse_factor_file(text: str, origin: str) -> FactorFile:
    """As `read_factor_file`, from text; `origin` names it in messages."""
    return _build(parse_yaml(text, origin), origin)


def _build(document: Document, origin: str) -> FactorFile:
    if not isinstance(document.value, dict):
        empty = document.value is None
        raise ExoError(
            f"{origin}: {'is empty' if empty else 'holds no sections'}, expected a factor file.",
            hint=f"{see_page('yaml-schema')} shows one.",
        )
    check(document, origin)
    value = document.value
    return FactorFile(
        metadata=value.get("metadata", {}),
        factors={
            category: {name: _entry(entry, category) for name, entry in section.items()}
            for category, section in value["factors"].items()
        },
        hyperparameters={k: _number(v) for k, v in value.get("hyperparameters", {}).items()},
        provenance=value.get("provenance"),
        out_of_sample=value.get("out_of_sample"),
        verdict=value.get("verdict"),
        portfolio=value.get("portfolio"),
    )


def _entry(entry: dict[str, Any], category: str) -> FactorEntry:
    whole = {
        "weight": _number(entry["weight"]),
        "direction": entry.get("direction", "higher_better"),
        "category": category,
    }
    if entry.get("parameters"):
        whole["parameters"] = entry["parameters"]
    return cast(FactorEntry, whole)


def _number(value: float) -> float:
    number = float(value)
    assert math.isfinite(number), "checked against the schema"
    return number
