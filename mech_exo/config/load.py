"""Resolving settings: defaults < YAML file < environment < command line.

The environment speaks as `EXO_<SECTION>__<FIELD>` (EXO_BACKTEST__REBALANCE_DAYS=5).
"""

import dataclasses
import difflib
import os
import types
import typing
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from mech_exo.config.bounds import check_bounds
from mech_exo.config.settings import FRAMES, Settings
from mech_exo.errors import ExoError
from mech_exo.system.strict_yaml import parse_yaml, read_yaml

ENVIRONMENT_PREFIX = "EXO_"


def load_settings(
    path: Path | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Resolve the settings of a run.

    Parameters
    ----------
    path
        The YAML file; None: defaults only. Paths in it are relative to it.
    overrides
        Dotted field name -> value, from the command line ("tuning.seed": 7). Relative paths are
        relative to the working directory.
    environment
        Defaults to `os.environ`.

    Raises
    ------
    ExoError
        For a file that cannot be read, an unknown key (the nearest name is suggested), a value of
        the wrong type or outside its bounds.
    """
    merged = _read_yaml(path) if path else {}
    merged = _absolute(merged, Settings, path.resolve().parent) if path else merged
    sources: dict[str, str] = {}
    for name, text in _from_environment(os.environ if environment is None else environment):
        _put(merged, name, _parse_scalar(text))
        sources[name] = ENVIRONMENT_PREFIX + name.upper().replace(".", "__")
    for name, value in (overrides or {}).items():
        _put(merged, name, value)
        sources[name] = "the command line"
    origin = str(path) if path else "the settings"
    settings = _build(Settings, merged, "", origin, sources)
    check_bounds(settings, origin, sources)
    return typing.cast(Settings, settings)


def settings_from_mapping(values: Mapping[str, Any], origin: str) -> Settings:
    """Settings from a plain mapping, as `Settings.as_dict` wrote it (a file's provenance)."""
    settings = _build(Settings, values, "", origin, {})
    check_bounds(settings, origin)
    return typing.cast(Settings, settings)


def _read_yaml(path: Path) -> dict[str, Any]:
    loaded = read_yaml(path, hint="Check the path of the settings file.").value
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ExoError(f"{path}: must hold sections (data:, backtest:, …), not {_kind(loaded)}.")
    return loaded


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = []
    for variable in sorted(environment):
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name == variable:
            continue
        section, _, field_name = name.partition("_")
        if "__" in name:
            pairs.append((name.lower().replace("__", "."), environment[variable]))
        elif field_name and section.lower() in Settings.__dataclass_fields__:
            raise ExoError(
                f"{variable}: two underscores stand between section and field.",
                hint=f"Write {ENVIRONMENT_PREFIX}{section}__{field_name}.",
            )
    return pairs


def _parse_scalar(text: str) -> Any:
    try:
        return parse_yaml(text, "").value
    except ExoError:  # not YAML: a text, of which `_build` says what is wrong with it
        return text


def _put(tree: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, last = dotted.split(".")
    for section in sections:
        inner = tree.get(section)
        tree[section] = dict(inner) if isinstance(inner, dict) else {}
        tree = tree[section]
    tree[last] = value


def _absolute(values: Any, kind: Any, base: Path) -> Any:
    """`values` with the fields that are paths made absolute; wrong shapes are left for `_build`."""
    if not (dataclasses.is_dataclass(kind) and isinstance(values, dict)):
        return values
    hints = typing.get_type_hints(kind)
    result = dict(values)
    for field in dataclasses.fields(kind):
        value = result.get(field.name)
        inner = hints[field.name]
        if value is None:
            continue
        if field.metadata.get("path") and isinstance(value, str):
            result[field.name] = str(base / expanded(value))
        elif get_origin(inner) is tuple and isinstance(value, list):
            result[field.name] = [_absolute(v, get_args(inner)[0], base) for v in value]
        else:
            result[field.name] = _absolute(value, inner, base)
    return result


def expanded(path: str | Path) -> Path:
    """The path with a leading ~ replaced; one of nobody's home stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _build(kind: Any, value: Any, where: str, origin: str, sources: Mapping[str, str]) -> Any:
    """`value` as an object of type `kind`; `where` is its dotted name."""
    if dataclasses.is_dataclass(kind):
        return _build_section(kind, value, where, origin, sources)
    origin_kind, args = get_origin(kind), get_args(kind)
    if origin_kind in (Union, types.UnionType):
        if value is None:
            return None
        return _build(next(a for a in args if a is not type(None)), value, where, origin, sources)
    if origin_kind is tuple and isinstance(value, (list, tuple)):
        return tuple(
            _build(args[0], v, f"{where}[{i}]", origin, sources) for i, v in enumerate(value)
        )
    if origin_kind is tuple:
        name = where.rpartition(".")[2]
        hint = f"Write {name}: [{value}]." if isinstance(value, str) else ""
        raise _error(where, value, "a list", origin, sources, hint=hint)
    if origin_kind is dict and not isinstance(value, dict):
        raise _error(where, value, "a section of its own", origin, sources)
    if origin_kind is dict:
        return {
            str(k): _build(args[1], v, f"{where}.{k}", origin, sources) for k, v in value.items()
        }
    if origin_kind is Literal:
        if value in args:
            return value
        offered = tuple(choice for choice in args if choice != FRAMES)
        words = "one of " + ", ".join(map(str, offered))
        raise _error(where, value, words, origin, sources, offered)
    return _scalar(kind, value, where, origin, sources)


def _build_section(
    kind: Any, value: Any, where: str, origin: str, sources: Mapping[str, str]
) -> Any:
    if value is None:
        return kind()
    if not isinstance(value, Mapping):
        raise _error(where, value, "a section of its own", origin, sources)
    hints = typing.get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]
    for field in dataclasses.fields(kind):
        if "choices" in field.metadata:
            hints[field.name] = Literal[field.metadata["choices"]]
    automatic = {f.name for f in dataclasses.fields(kind) if f.metadata.get("auto")}
    for key in value:
        if key not in names:
            dotted = f"{where}.{key}".lstrip(".")
            near = difflib.get_close_matches(str(key), names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names)}."
            within = (s for name, s in sources.items() if name.startswith(f"{dotted}."))
            source = sources.get(dotted) or next(within, origin)
            raise ExoError(f"{source}: unknown key {dotted!r}.", hint=hint)
    several = {f.name for f in dataclasses.fields(kind) if f.metadata.get("one_or_more")}
    value = {k: _in_lists(v) if k in several else v for k, v in value.items()}
    built = {
        key: _build(hints[key], inner, f"{where}.{key}".lstrip("."), origin, sources)
        for key, inner in value.items()
        if not (key in automatic and inner == "auto")
    }
    for field in dataclasses.fields(kind):
        if field.metadata.get("date") and built.get(field.name) is not None:
            _check_date(f"{where}.{field.name}", built[field.name], origin, sources)
    return kind(**built)


def _in_lists(value: Any) -> Any:
    """`{a: 1, b: [x]}` as `{a: ["1"], b: ["x"]}`; what is no mapping is left for `_build`."""
    if not isinstance(value, Mapping):
        return value
    lists = {k: v if isinstance(v, (list, tuple)) else [v] for k, v in value.items()}
    return {
        k: [str(x) if isinstance(x, (int, float)) and not isinstance(x, bool) else x for x in v]
        for k, v in lists.items()
    }


def _check_date(where: str, text: str, origin: str, sources: Mapping[str, str]) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ExoError(
            f"{sources.get(where, origin)}: {where} is {text!r}, not a date.",
            hint="Write YYYY-MM-DD.",
        ) from error


def _scalar(kind: Any, value: Any, where: str, origin: str, sources: Mapping[str, str]) -> Any:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind is Path and isinstance(value, (str, Path)):
        return _path(value, where, origin, sources)
    if kind is str and isinstance(value, str):
        return value
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    raise _error(where, value, names.get(kind, "a path"), origin, sources)


def _path(value: str | Path, where: str, origin: str, sources: Mapping[str, str]) -> Path:
    try:
        possible = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:  # half of a surrogate pair
        possible = False
    if not possible:
        raise _error(where, value, "a path", origin, sources)
    return Path(value)


def _error(
    where: str,
    value: Any,
    expected: str,
    origin: str,
    sources: Mapping[str, str],
    choices: tuple[Any, ...] = (),
    hint: str = "",
) -> ExoError:
    near = difflib.get_close_matches(str(value), [str(c) for c in choices], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else hint
    # an address may be a secret that somebody has put into the wrong place
    shown = "an address" if "://" in str(value) else repr(value)
    return ExoError(
        f"{sources.get(where.partition('[')[0], origin)}: {where or 'the file'} is {shown} "
        f"({_kind(value)}), "
        f"expected {expected}.",
        hint=hint,
    )


def _kind(value: Any) -> str:
    kinds = {
        dict: "a section",
        list: "a list",
        str: "text",
        bool: "true/false",
        type(None): "empty",
    }
    return kinds.get(type(value), type(value).__name__)
