"""The terms of a decision as a ledger keeps them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mech_exo.portfolio.decision_terms import FREE_TERMS, DecisionTerms
from mech_exo.system.strict_json import parse_json

LARGEST = 1e300


def written_terms(terms: DecisionTerms) -> str | None:
    """The terms as JSON; None for those of a plain mandate."""
    return None if terms == FREE_TERMS else json.dumps(asdict(terms), sort_keys=True)


def read_terms(text: str | None) -> DecisionTerms:
    """The terms that `written_terms` has written.

    Raises
    ------
    ValueError
        If they are none.
    """
    if text is None:
        return FREE_TERMS
    found = parse_json(str(text))
    if not isinstance(found, dict) or set(found) != set(asdict(FREE_TERMS)):
        raise ValueError("no terms")
    return DecisionTerms(
        band=_amount(found["band"]),
        max_gross=_amount(found["max_gross"]),
        impact=_by_name(found["impact"]),
        most=_by_name(found["most"]),
    )


def _by_name(figures: Any) -> Mapping[str, float] | None:
    if figures is None:
        return None
    by_name = isinstance(figures, dict)
    if not by_name:
        raise ValueError("no figures by name")
    return {name: _amount(value) for name, value in figures.items()}


def _amount(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0.0 <= value <= LARGEST:
        raise ValueError(f"{value!r} is no amount")
    return float(value)
