"""What a study's trials depend on, as a hash and in words.

Two runs with the same fingerprint (on the same type of machine) make the same trials. Not in it,
because they cannot change a trial: n_jobs, timeout, patience, notification, export, storage, all
paths and `data.as_of` (the data fingerprint stands for the data) and warm-start vectors.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mech_exo.backtest.kernel_version import kernel_needed
from mech_exo.config import Settings
from mech_exo.config.settings import FactorTable, written_fields
from mech_exo.data import identity
from mech_exo.data.catalogue import FIRST_FACTORS
from mech_exo.data.identity import DataIdentity
from mech_exo.tuning.range_json import describe

_SECTIONS = ("data", "factors", "backtest", "hyperparameters", "portfolio", "holdout", "tuning")
_UNDIVIDED = "data"  # one hash for all data, in the studies of kernel 1
_HASHES = ("objective file", _UNDIVIDED)
_KERNEL = "backtest kernel"
_ROW = re.compile(r"\.\d+(?=\.|$)")  # position of a factor table in data.factors
_SHORT = 12  # digits of a hash in a line for people


def components_of(
    settings: Settings,
    *,
    objective_sha256: str,
    space: Mapping[str, str],
    thresholds: Mapping[str, float | None],
    objectives: Sequence[str],
    data: DataIdentity,
    kernel_version: str,
) -> dict[str, str]:
    """The components of a fingerprint: dotted name → exact readable value.

    Parameters
    ----------
    settings
        The resolved settings; their sections data, factors, backtest, hyperparameters, portfolio,
        holdout and tuning count, without paths, `data.periods_per_year` (the data's identity has
        what it comes to), `tuning.warm_start` and `tuning.patience`.
    objective_sha256
        Hash of the bytes of the objective file.
    space
        Ranges by parameter, in Optuna's JSON form.
    thresholds
        Constraint thresholds by name; None for one that is not set.
    objectives
        Names of what is optimised, with direction where it is not obvious.
    data
        Of the in-sample panel, and of the market if the objective file may read it.
    kernel_version
        Of the backtest.
    """
    components = {"objective file": objective_sha256, **data.as_components()}
    components[_KERNEL] = kernel_version
    components["objectives"] = _word(list(objectives))
    components.update({f"space.{name}": describe(text) for name, text in space.items()})
    components.update({f"thresholds.{name}": _word(value) for name, value in thresholds.items()})
    for section in _SECTIONS:
        components.update(_flatten(section, getattr(settings, section)))
    components.pop("tuning.warm_start")
    components.pop("tuning.patience", None)  # how many trials there are, not which
    components.pop("tuning.objectives")  # resolved above
    components.pop("data.periods_per_year", None)  # what it comes to is part of the data
    if settings.data.source != "demo":  # the demo's own settings do nothing then
        components = {k: v for k, v in components.items() if not k.startswith("data.demo.")}
    return components


def fingerprint_of(components: Mapping[str, str]) -> str:
    """SHA-256 of the components as canonical JSON, whatever their order."""
    text = json.dumps(dict(components), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def difference(
    old: Mapping[str, str], new: Mapping[str, str], undivided: Callable[[], str] | None = None
) -> list[str]:
    """What differs, one readable line a component: `tuning.seed: 42 → 43`.

    A setting that the older version did not have is no difference while it has its default.

    Parameters
    ----------
    undivided
        Gives the one hash of the new data that studies had before it was divided into parts;
        called only where `old` is of such a study.
    """
    if undivided is not None and is_undivided(old):
        new = in_one_hash(new, undivided())
    lines = _of_data(old, new)
    for name in (*old, *(name for name in new if name not in old)):
        if identity.is_part(name) or old.get(name) == new.get(name):
            continue
        if name not in old and _default(name) == new[name]:
            continue
        needed = f"; {kernel_needed(old.get(name))}" if name == _KERNEL else ""
        lines.append(f"{name}: {_shown(name, old)} → {_shown(name, new)}{needed}")
    return lines


def in_one_hash(components: Mapping[str, str], undivided: str) -> dict[str, str]:
    """The components in the form that they had before the data had a hash for each part."""
    kept = {n: v for n, v in components.items() if not identity.is_part(n)}
    return kept | {_UNDIVIDED: undivided}


def not_the_default(components: Mapping[str, str]) -> dict[str, tuple[str, str | None]]:
    """Setting -> its value and its default (None: not set), of those that are not the default."""
    return {
        name: (value, _default(name))
        for name, value in components.items()
        if name.partition(".")[0] in _SECTIONS
        and name not in _HASHES
        and not identity.is_part(name)
        and value != _default(name)
    }


def as_stated(
    components: Mapping[str, str], settings: Mapping[str, Any], kernel_version: str
) -> dict[str, str]:
    """The components in the form of an older version that made a factor file.

    Without the settings, at their defaults, that the file does not state: its maker did not have
    them.
    """
    found = {
        name: value
        for name, value in components.items()
        if value != _default(name) or _states(settings, name.split("."))
    }
    return found | {_KERNEL: kernel_version}


def _states(settings: Any, path: Sequence[str]) -> bool:
    for step in path:
        if isinstance(settings, Sequence) and step.isdecimal() and int(step) < len(settings):
            settings = settings[int(step)]
        elif isinstance(settings, Mapping) and step in settings:
            settings = settings[step]
        else:
            return False
    return True


def is_undivided(components: Mapping[str, str]) -> bool:
    """Whether a study's components are from before the data had a hash for each part."""
    return _UNDIVIDED in components


def factors_of(components: Mapping[str, str]) -> tuple[str, ...]:
    """The factors that a study was made with, in the order of its weights."""
    data = DataIdentity.from_components(components)
    return FIRST_FACTORS if data is None else tuple(data.factors)


def _of_data(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    before, now = (DataIdentity.from_components(components) for components in (old, new))
    if before is None or now is None:
        return []
    return identity.differences(before, now)


@cache
def _defaults() -> Mapping[str, str]:
    """Setting -> its default; those of a table in data.factors without its position."""
    found = {}
    for section in _SECTIONS:
        found.update(_flatten(section, getattr(Settings(), section)))
    return found | _flatten("data.factors", FactorTable())


def _default(name: str) -> str | None:
    return _defaults().get(_ROW.sub("", name, count=1) if name.startswith("data.") else name)


def _shown(name: str, components: Mapping[str, str]) -> str:
    value = components.get(name)
    if value is None:
        return "(none)"
    return value[:_SHORT] if name in _HASHES else value


def _flatten(name: str, value: Any) -> dict[str, str]:
    if is_dataclass(value):
        parts = {
            f.name: getattr(value, f.name)
            for f in written_fields(value)
            if not (f.metadata.get("path") or f.metadata.get("locates"))
        }
    elif isinstance(value, Mapping):
        parts = {str(key): part for key, part in value.items()}
    elif isinstance(value, (list, tuple)) and any(is_dataclass(part) for part in value):
        parts = {str(i): part for i, part in enumerate(value)}
    else:
        return {} if isinstance(value, Path) else {name: _word(value)}
    flat: dict[str, str] = {}
    for key, part in parts.items():
        flat.update(_flatten(f"{name}.{key}", part))
    return flat


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value + 0.0)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
