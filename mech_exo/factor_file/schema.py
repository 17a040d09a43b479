"""Checking a factor file against schema.json, with messages that name the field."""

import difflib
import json
import math
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExoError
from mech_exo.system.strict_yaml import Document

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "object": "a section",
    "array": "a list",
    "null": "empty",
}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a factor file."""
    text = resources.files("mech_exo.factor_file").joinpath("schema.json").read_text("utf-8")
    loaded = json.loads(text)
    assert isinstance(loaded, dict)
    return loaded


@cache
def _validator() -> "Validator":
    from jsonschema import Draft202012Validator, FormatChecker

    formats = FormatChecker(())

    @formats.checks("date", raises=ValueError)
    def _is_date(text: object) -> bool:
        return not isinstance(text, str) or str(date.fromisoformat(text)) == text

    @formats.checks("period", raises=ValueError)
    def _is_period(text: object) -> bool:
        return not isinstance(text, str) or [_is_date(day) for day in text.split("/")] == [True] * 2

    return Draft202012Validator(schema(), format_checker=formats)


def check(document: Document, origin: str) -> None:
    """Raise an ExoError for the first mistake of the document, naming field and line."""
    errors = sorted(_validator().iter_errors(document.value), key=_position(document))
    if errors:
        message, hint = _describe(errors[0])
        path = _path(errors[0])
        more = f" ({len(errors) - 1} more after it)" if len(errors) > 1 else ""
        raise _error(document, origin, path, message + more, hint)
    _check_numbers(document, origin, document.value.get("factors"), ("factors",))
    _check_numbers(
        document, origin, document.value.get("hyperparameters", {}), ("hyperparameters",)
    )
    _check_numbers(document, origin, document.value.get("portfolio"), ("portfolio",))
    market = (document.value.get("provenance") or {}).get("market")
    _check_numbers(document, origin, market, ("provenance", "market"))
    _check_names(document, origin)


def _position(document: Document) -> Any:
    """Order of the file; a misspelt key before the one that it should have been."""
    return lambda error: (
        document.line(_path(error)) or 0,
        _path(error),
        error.validator != "additionalProperties",
    )


def _plain(value: Any) -> Any:
    """`value` without jsonschema's own type of an unset one, which a found error never holds."""
    return value


def _path(error: "ValidationError") -> tuple[str, ...]:
    return tuple(str(step) for step in error.absolute_path)


def _error(
    document: Document, origin: str, path: tuple[str, ...], message: str, hint: str = ""
) -> ExoError:
    line = document.line(path)
    where = f"{origin}: line {line}: " if line else f"{origin}: "
    return ExoError(f"{where}{'.'.join(path) or 'the file'} {message}.", hint=hint)


def _describe(error: "ValidationError") -> tuple[str, str]:
    """What is wrong with the value, and a hint."""
    value: Any = error.instance
    kind, expected, rules = (
        str(error.validator),
        _plain(error.validator_value),
        _plain(error.schema),
    )
    if kind == "type":
        wanted = [expected] if isinstance(expected, str) else list(expected)
        return f"is {_shown(value)}, expected {' or '.join(_TYPES[w] for w in wanted)}", ""
    if kind == "enum":
        return f"is {_shown(value)}, expected {' or '.join(map(str, expected))}", _nearest(
            value, expected
        )
    if kind == "additionalProperties":
        known = list(rules.get("properties", {}))
        unknown = next(key for key in value if key not in known)
        return f"has an unknown key {unknown!r}", _nearest(unknown, known)
    if kind == "required":
        missing = next(key for key in expected if key not in value)
        return f"has no {missing!r}", f"Add `{missing}:` to it."
    if kind == "minProperties":
        return "is empty", "Name at least one factor."
    if kind in ("pattern", "format"):
        return f"is {_shown(value)}, expected {rules['title']}", ""
    return f"is {_shown(value)}, must be {_bounds(rules)}", ""


def _bounds(rules: Mapping[str, Any]) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    return " and ".join(f"{words[key]} {rules[key]:g}" for key in words if key in rules)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _nearest(value: Any, known: list[str]) -> str:
    near = difflib.get_close_matches(str(value), known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."


def _check_numbers(document: Document, origin: str, tree: Any, path: tuple[str, ...]) -> None:
    """JSON Schema lets NaN pass every bound."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            _check_numbers(document, origin, value, (*path, key))
    elif isinstance(tree, list):
        for value in tree:
            _check_numbers(document, origin, value, path)
    elif isinstance(tree, float) and not math.isfinite(tree):
        raise _error(document, origin, path, f"is {tree}, expected a finite number")


def _check_names(document: Document, origin: str) -> None:
    """A factor stands once, in the section that its category names; a parameter has one value."""
    section_of: dict[str, str] = {}
    parameters: dict[str, tuple[Any, str]] = {}
    for category, section in document.value["factors"].items():
        for name, entry in section.items():
            path = ("factors", category, name)
            stated = entry.get("category", category)
            if stated != category:
                raise _error(
                    document,
                    origin,
                    (*path, "category"),
                    f"is {stated!r}, but stands in the section {category!r}",
                    "Move the factor or change its category.",
                )
            if name in section_of:
                raise _error(
                    document, origin, path, f"stands in the section {section_of[name]!r} as well"
                )
            section_of[name] = category
            for parameter, value in entry.get("parameters", {}).items():
                first = parameters.setdefault(parameter, (value, name))
                if first[0] != value:
                    raise _error(
                        document,
                        origin,
                        (*path, "parameters", parameter),
                        f"is {value!r}, but {first[0]!r} for {first[1]}",
                        "Factors that share a parameter share its value.",
                    )
