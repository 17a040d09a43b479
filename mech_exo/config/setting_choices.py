"""Which words a setting can be, read from its declaration; no YAML is loaded for it."""

import dataclasses
import types
import typing
from typing import Any, Literal, Union, get_args, get_origin

from mech_exo.config.settings import FRAMES, Settings


def choices_of(setting: str) -> tuple[str, ...]:
    """The values that a setting of a dotted name can have; () where they are not a few words."""
    kind: Any = Settings
    field: dataclasses.Field[Any] | None = None
    for name in setting.split("."):
        fields = {f.name: f for f in dataclasses.fields(kind)}
        if name not in fields:
            return ()
        field, kind = fields[name], typing.get_type_hints(kind)[name]
        if get_origin(kind) in (Union, types.UnionType):
            kind = next(a for a in get_args(kind) if a is not type(None))
    stated = () if field is None else field.metadata.get("choices", ())
    values = get_args(kind) if get_origin(kind) is Literal else stated
    return tuple(str(value) for value in values if value != FRAMES)
