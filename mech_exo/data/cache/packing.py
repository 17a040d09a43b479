"""Records of the data layer as plain values and arrays, and back."""

import sys
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECORDS = "mech_exo.data."
"""The modules whose dataclasses are packed, and no others made again."""


class UnpackableError(Exception):
    """A value of a type that is not packed, or a packed form that is none."""


class Packing:
    """Values turned into JSON's, with their arrays apart; one that is shared is kept once."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self._places: dict[int, int] = {}

    def packed(self, value: Any) -> Any:
        """A value, its arrays as positions in `arrays`."""
        if value is None or isinstance(value, str | bool | int | float):
            return value
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufM":
            return {"array": self._place(value)}
        if isinstance(value, tuple):
            return {"tuple": [self.packed(part) for part in value]}
        if isinstance(value, frozenset):
            return {"frozenset": [self.packed(part) for part in sorted(value)]}
        if isinstance(value, dict):
            return {"dict": [[self.packed(k), self.packed(v)] for k, v in value.items()]}
        kind = type(value)
        if is_dataclass(value) and kind.__module__.startswith(RECORDS):
            name = f"{kind.__module__}:{kind.__qualname__}"
            inner = {f.name: self.packed(getattr(value, f.name)) for f in fields(value) if f.init}
            return {"record": name, "fields": inner}
        raise UnpackableError(kind.__name__)

    def _place(self, array: NDArray[Any]) -> int:
        if id(array) not in self._places:
            self._places[id(array)] = len(self.arrays)
            self.arrays.append(array)  # which also keeps its id from being another's
        return self._places[id(array)]


def unpacked(form: Any, arrays: list[NDArray[Any]]) -> Any:
    """The value of which `Packing` made this form and these arrays.

    Raises
    ------
    UnpackableError
        For what is no such form.
    """
    try:
        return _unpacked(form, arrays)
    except (LookupError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise UnpackableError(str(error)) from error


def _unpacked(form: Any, arrays: list[NDArray[Any]]) -> Any:
    if not isinstance(form, dict):
        return form
    if "array" in form:
        return arrays[form["array"]]
    if "tuple" in form:
        return tuple(_unpacked(part, arrays) for part in form["tuple"])
    if "frozenset" in form:
        return frozenset(_unpacked(part, arrays) for part in form["frozenset"])
    if "dict" in form:
        return {_unpacked(k, arrays): _unpacked(v, arrays) for k, v in form["dict"]}
    module, name = form["record"].split(":")
    if not module.startswith(RECORDS):
        raise UnpackableError(module)
    import_module(module)
    kind = getattr(sys.modules[module], name)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise UnpackableError(name)
    return kind(**{n: _unpacked(part, arrays) for n, part in form["fields"].items()})
