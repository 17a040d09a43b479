"""Arguments of a caller: of the type that is stated, or an error that names them."""

import dataclasses
import os
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from mech_exo.errors import ExoError

T = TypeVar("T")


def check_fields(filled: Any) -> None:
    """Check the fields of a frozen dataclass; a text that names a path becomes one.

    A whole number is a number; True and False are none.

    Raises
    ------
    ExoError
        A field is of another type than it states.
    """
    for name, hint in _hints(type(filled)).items():
        value = getattr(filled, name)
        kinds = _kinds(hint)
        if Path in kinds and isinstance(value, str | os.PathLike) and not isinstance(value, Path):
            object.__setattr__(filled, name, Path(value))
        elif not _fits(value, kinds):
            wanted = " or ".join(_word(kind) for kind in kinds)
            raise ExoError(
                f"{type(filled).__name__}: {name} is {value!r} ({type(value).__name__}), "
                f"expected {wanted}."
            )


def filled_from(source: Any, kind: Callable[..., T], **more: Any) -> T:
    """A dataclass whose fields are those of `source` by the same names, and `more`."""
    wanted = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a dataclass
    given = {f.name for f in dataclasses.fields(source)}
    return kind(**{name: getattr(source, name) for name in wanted & given} | more)


def check_is(what: str, value: object, kind: type) -> None:
    """Raise an ExoError for an argument that is no `kind`."""
    if not isinstance(value, kind):
        raise ExoError(f"{what}: is {type(value).__name__}, expected {_word(kind)}.")


def check_listener(listener: object) -> None:
    """Raise an ExoError for what cannot be told of an event."""
    if not callable(listener):
        raise ExoError(f"the listener is {type(listener).__name__}, expected a function.")


def as_path(what: str, value: object) -> Path:
    """The path that an argument names; an ExoError if it is none."""
    if not isinstance(value, str | os.PathLike):
        raise ExoError(f"{what}: is {type(value).__name__}, expected a path.")
    return Path(value)


def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


def _kinds(hint: Any) -> tuple[type, ...]:
    """The classes that a hint allows."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(kind for part in get_args(hint) for kind in _kinds(part))
    origin = get_origin(hint) or hint
    return (Mapping if origin is Mapping or origin is dict else origin,)


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int) and float in kinds:
        return True
    return isinstance(value, kinds)


def _word(kind: type) -> str:
    words = {
        str: "a text",
        int: "a whole number",
        float: "a number",
        bool: "True or False",
        Path: "a path",
        Mapping: "a mapping",
        type(None): "None",
    }
    return words.get(kind, f"a {kind.__name__}")
